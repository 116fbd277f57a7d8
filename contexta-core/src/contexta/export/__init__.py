"""Files for other tools: runs, metrics, comparisons, trends and anomalies as CSV, JSON, Parquet and Arrow; lineages as text.

Rows are written as they are read, so memory does not grow with their number; a file appears whole or not at all.
"""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.export.comma_separated import export_anomaly_csv as export_anomaly_csv
    from contexta.export.comma_separated import export_comparison_csv as export_comparison_csv
    from contexta.export.comma_separated import export_run_list_csv as export_run_list_csv
    from contexta.export.comma_separated import export_trend_csv as export_trend_csv
    from contexta.export.files import export_anomalies as export_anomalies
    from contexta.export.files import export_comparison as export_comparison
    from contexta.export.files import export_html as export_html
    from contexta.export.files import export_metrics as export_metrics
    from contexta.export.files import export_runs as export_runs
    from contexta.export.files import export_trend as export_trend
    from contexta.export.formats import EXPORT_FORMATS as EXPORT_FORMATS
    from contexta.export.mermaid import lineage_mermaid as lineage_mermaid
    from contexta.export.prov_json import lineage_prov_json as lineage_prov_json

__getattr__, __dir__, __all__ = attach_lazy(
    __name__,
    {
        "EXPORT_FORMATS": "contexta.export.formats",
        "export_anomalies": "contexta.export.files",
        "export_anomaly_csv": "contexta.export.comma_separated",
        "export_comparison": "contexta.export.files",
        "export_comparison_csv": "contexta.export.comma_separated",
        "export_html": "contexta.export.files",
        "export_metrics": "contexta.export.files",
        "export_run_list_csv": "contexta.export.comma_separated",
        "export_runs": "contexta.export.files",
        "export_trend": "contexta.export.files",
        "export_trend_csv": "contexta.export.comma_separated",
        "lineage_mermaid": "contexta.export.mermaid",
        "lineage_prov_json": "contexta.export.prov_json",
    },
)
