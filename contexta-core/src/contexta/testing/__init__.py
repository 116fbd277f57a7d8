"""What tests of programs and plugins need: generated canonical data.

``contexta.testing.strategies`` holds Hypothesis strategies for every canonical model; it needs the extra ``testing``.
"""
