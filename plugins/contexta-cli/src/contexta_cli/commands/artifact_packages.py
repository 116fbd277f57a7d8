"""``contexta artifact export`` and ``import``: artifacts from one workspace to another."""

from __future__ import annotations

from typing import Any

import click

from contexta_cli.failures import UsageFault
from contexta_cli.invocation import Invocation
from contexta_cli.lazy_group import LazyCommand

__all__ = ["export", "import_package"]


@click.command(
    "export",
    cls=LazyCommand,
    examples=(
        "contexta artifact export artifact:digits-demo.mlp-64-seed-0.model",
        "contexta artifact export artifact:digits-demo.mlp-64-seed-0.model --to out --archive zip",
        "contexta artifact export artifact:digits-demo.mlp-64-seed-0.model --body model.bin",
    ),
)
@click.argument("artifact_ref", metavar="REF")
@click.option("--to", "export_root", metavar="DIRECTORY", help="Where the package goes.")
@click.option(
    "--archive",
    type=click.Choice(["directory", "zip", "tar"]),
    help="A directory of files, or one file; directory by default.",
)
@click.option("--body", "body_path", metavar="PATH", help="Write only the body, to this path.")
@click.pass_context
def export(
    ctx: click.Context,
    artifact_ref: str,
    export_root: str | None,
    archive: Any,
    body_path: str | None,
) -> None:
    """Write a package that another workspace can import, or only the body.

    Everything is compared with its hash on the way, and nothing is ever written over.
    """
    from contexta_cli.output.quantities import size

    invocation = Invocation(ctx)
    if body_path is not None and (export_root or archive):
        raise UsageFault("--body writes no package; leave out --to and --archive", code="usage_error")
    with invocation.open_existing() as contexta:
        store = contexta.artifact_store
        if body_path is not None:
            path = store.save_artifact(artifact_ref, body_path)
            data: dict[str, Any] = {"artifact_ref": artifact_ref, "path": str(path), "archive": None}
            text = f"{artifact_ref}: written to {path}"
        else:
            receipt = store.export_artifact(
                artifact_ref, export_root=export_root, archive=archive or "directory"
            )
            path = receipt.package_path
            data = {"artifact_ref": artifact_ref, "path": str(path), "archive": receipt.archive}
            text = f"{artifact_ref}: exported to {path}, {size(receipt.size_bytes)}"
        invocation.answer(data, lambda printer: printer.line(text), rows=[data])


@click.command(
    "import",
    cls=LazyCommand,
    examples=(
        "contexta artifact import out/artifact__digits-demo.mlp-64-seed-0.model.zip",
        "contexta artifact import package --on-conflict replace",
    ),
)
@click.argument("package", metavar="PACKAGE")
@click.option(
    "--on-conflict",
    type=click.Choice(["error", "skip", "replace"]),
    default="error",
    help="What to do where its reference is bound to other content; error by default.",
)
@click.pass_context
def import_package(ctx: click.Context, package: str, on_conflict: str) -> None:
    """Take in a package that `contexta artifact export` wrote: a directory, a zip or a tar.

    It may come from anybody: it is checked whole before anything is written, and never extracted.
    """
    from contexta_cli.output.quantities import size

    invocation = Invocation(ctx)
    with invocation.open_existing() as contexta:
        receipt = contexta.artifact_store.import_export_package(package, conflict_policy=on_conflict)
        invocation.answer(
            {"import": receipt},
            lambda printer: printer.line(
                f"{receipt.artifact_ref}: {receipt.outcome}, {size(receipt.bytes_written)} written"
            ),
            rows=[receipt],
        )
