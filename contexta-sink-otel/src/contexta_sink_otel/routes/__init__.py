"""How facts get out: by OTLP exporters of the sink's own, or by the providers of the program."""
