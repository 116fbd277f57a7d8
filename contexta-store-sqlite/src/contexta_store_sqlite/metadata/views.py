"""The documented tables of a workspace (``docs/sql.md``) as views of this database: the part that is metadata.

Times are ISO 8601 text, and durations are exact to the millisecond, as SQLite's own times are.  What is open reads as
``open`` here, for SQL cannot tell whether a writer lives.
"""

from __future__ import annotations

__all__ = ["VIEWS"]


def _field(name: str) -> str:
    return f"json_extract(document, '$.{name}')"


def _mapping(name: str) -> str:
    return f"nullif({_field(name)}, '{{}}')"


_SECONDS = f"round((julianday({_field('ended_at')}) - julianday({_field('started_at')})) * 86400.0, 3)"
_SPAN = f"{_field('started_at')} AS started_at, {_field('ended_at')} AS ended_at, {_SECONDS} AS seconds"
_STATUS = f"coalesce({_field('status')}, 'open') AS status"
#: Of a reference without its kind, and so on: what stands behind the last dot, and before the first one.
_LAST = "replace(ref, rtrim(ref, replace(replace(ref, '.', ''), ':', '')), '')"
_NAME = f"coalesce({_field('name')}, {_LAST}) AS name"
_PROJECT = (
    f"coalesce({_field('project_name')}, substr(substr(ref, instr(ref, ':') + 1), 1,"
    " instr(substr(ref, instr(ref, ':') + 1) || '.', '.') - 1)) AS project_name"
)
_OF = "FROM entities WHERE json_extract(document, '$.deleted_at') IS NULL AND kind ="
_PLACE = f"coalesce({_field('order_index')}, 0) AS position"
_METADATA = f"{_mapping('metadata')} AS metadata"

VIEWS = (
    f"CREATE VIEW projects AS SELECT {_NAME} {_OF} 'project'",
    (
        f"CREATE VIEW runs AS SELECT ref AS run_id, {_PROJECT}, {_NAME}, {_STATUS}, {_SPAN},"
        f" {_field('code_revision')} AS code_revision, {_field('dataset_ref')} AS dataset_ref, {_METADATA} {_OF} 'run'"
    ),
    (
        "CREATE VIEW tags AS SELECT entities.ref AS run_id, pair.key AS key, pair.value AS value"
        " FROM entities, json_each(entities.document, '$.tags') AS pair"
        " WHERE entities.kind = 'run' AND json_extract(document, '$.deleted_at') IS NULL"
    ),
    (
        "CREATE VIEW params AS SELECT entities.ref AS run_id, pair.key AS key,"
        " CASE pair.type WHEN 'null' THEN 'null' WHEN 'true' THEN 'true' WHEN 'false' THEN 'false'"
        " ELSE CAST(pair.value AS TEXT) END AS value,"
        " CASE WHEN pair.type IN ('integer', 'real') THEN CAST(pair.value AS REAL) END AS number"
        " FROM entities, json_each(entities.document, '$.parameters') AS pair"
        " WHERE entities.kind = 'run' AND json_extract(document, '$.deleted_at') IS NULL"
    ),
    (
        f"CREATE VIEW stages AS SELECT ref AS stage_id, run_ref AS run_id, {_NAME}, {_STATUS}, {_PLACE}, {_SPAN},"
        f" {_METADATA} {_OF} 'stage'"
    ),
    (
        f"CREATE VIEW batches AS SELECT ref AS batch_id, run_ref AS run_id, {_field('stage_ref')} AS stage_id, {_NAME},"
        f" {_STATUS}, {_PLACE}, {_SPAN}, {_METADATA} {_OF} 'batch'"
    ),
    (
        f"CREATE VIEW samples AS SELECT ref AS sample_id, run_ref AS run_id, {_field('stage_ref')} AS stage_id,"
        f" {_field('batch_ref')} AS batch_id, {_NAME},"
        f" coalesce({_field('observed_at')}, {_field('started_at')}) AS observed_at, {_METADATA} {_OF} 'sample'"
    ),
    (
        f"CREATE VIEW deployments AS SELECT ref AS deployment_id, {_PROJECT}, {_NAME}, {_STATUS}, run_ref AS run_id,"
        f" {_field('artifact_ref')} AS artifact_ref, {_SPAN}, {_METADATA} {_OF} 'deployment'"
    ),
    (
        f"CREATE VIEW environments AS SELECT run_ref AS run_id, {_field('captured_at')} AS captured_at,"
        f" {_field('python_version')} AS python_version, {_field('platform')} AS platform,"
        f" {_mapping('packages')} AS packages, {_mapping('environment_variables')} AS environment_variables,"
        f" {_mapping('code')} AS code,"
        " nullif(json_remove(document, '$.captured_at', '$.code', '$.config_snapshot', '$.environment_variables',"
        f" '$.packages', '$.platform', '$.python_version', '$.run_ref'), '{{}}') AS details {_OF} 'environment'"
    ),
    (
        f"CREATE VIEW relations AS SELECT ref AS relation_ref, {_field('relation_type')} AS relation_type,"
        f" {_field('source_ref')} AS source_ref, {_field('target_ref')} AS target_ref,"
        f" {_field('recorded_at')} AS recorded_at {_OF} 'relation'"
    ),
)
