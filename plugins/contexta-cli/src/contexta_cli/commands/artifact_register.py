"""``contexta artifact register``: a file or directory becomes an artifact of a run."""

from __future__ import annotations

import click

from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand
from contexta_cli.run_argument import RUN

__all__ = ["register"]

_PRODUCER = "cli.artifact-register"


@click.command(
    "register",
    cls=LazyCommand,
    examples=(
        "contexta artifact register model model.bin --run mlp-64-seed-0",
        "contexta artifact register checkpoint ckpt/ --run mlp-64-seed-0 --stage train --mode move",
        "contexta artifact register report report.html --run mlp-64-seed-0 --artifact-ref artifact:digits-demo.mlp-64-seed-0.report",
    ),
)
@click.argument("kind", metavar="KIND")
@click.argument("path", metavar="PATH")
@click.option("--run", "run_id", metavar="ID", type=RUN, required=True, help="The run that it belongs to.")
@click.option("--stage", metavar="STAGE", help="The stage of the run, by its name or reference.")
@click.option("--artifact-ref", metavar="REF", help="Its reference; made of the file's name by default.")
@click.option(
    "--mode",
    type=click.Choice(["copy", "move", "adopt"]),
    help="Whether the source stays, is removed, or becomes the body itself; as configured by default.",
)
@click.pass_context
def register(
    ctx: click.Context,
    kind: str,
    path: str,
    run_id: str,
    stage: str | None,
    artifact_ref: str | None,
    mode: str | None,
) -> None:
    """Register a file or directory as an artifact of a run, also of one that has ended.

    The same content again changes nothing; a reference that is bound to other content is refused.
    """
    from pathlib import Path

    from contexta.contract import ArtifactManifest
    from contexta.contract.timestamps import utc_now_text
    from contexta_cli.artifact_words import default_ref, run_ref_of, stage_ref_of
    from contexta_cli.output.quantities import size

    invocation = Invocation(ctx)
    with invocation.open_existing() as contexta:
        run_ref = run_ref_of(contexta, run_id)
        manifest = ArtifactManifest(
            artifact_ref=artifact_ref or default_ref(run_ref, path),
            artifact_kind=kind,
            created_at=utc_now_text(),
            producer_ref=_PRODUCER,
            run_ref=run_ref,
            location_ref=f"path:{Path(path).absolute().as_posix()}",
            stage_execution_ref=None if stage is None else stage_ref_of(run_ref, stage),
        )
        receipt = contexta.artifact_store.put_artifact(manifest, path, mode=mode)
        done = "registered" if receipt.bytes_written else "was registered before"
        invocation.answer(
            {"artifact": receipt.binding, "bytes_written": receipt.bytes_written},
            lambda printer: printer.line(
                f"{receipt.artifact_ref}: {done}, {size(receipt.binding.size_bytes)}"
            ),
            rows=[receipt.binding],
        )
