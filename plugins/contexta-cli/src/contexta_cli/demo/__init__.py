"""What ``contexta demo`` does: real models on real data, captured as any program would do it.

:mod:`contexta_cli.demo.training` is the example to copy.
"""
