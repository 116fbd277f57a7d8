"""The value rule: texts that are secrets by their shape, whatever their name.

Every alternative begins behind a border and has no nested repetition, so a scan is linear in the text.
"""

from __future__ import annotations

import re
from functools import cache

__all__ = ["LONGEST_SAFE", "MARKER", "may_hold_shape", "shapes"]

#: What stands in the place of a secret.
MARKER = re.compile(r"\[redacted:[a-z_]{1,32}:[0-9a-f]{8}\]")

#: A text of at most this many characters holds no shape, except a URL with a password.
LONGEST_SAFE = 14

# Tokens that their issuers made recognisable: rule name, prefix and body.
_TOKENS: tuple[tuple[str, str], ...] = (
    ("aws_key_id", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
    ("github", r"(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255})"),
    ("gitlab", r"gl(?:pat|ptt|dt|rt|cbt|ft|soat|agent|oas)-[A-Za-z0-9_-]{16,255}"),
    ("sk", r"sk-(?:(?:ant|proj|or|svcacct|admin|lf|live|test)-[A-Za-z0-9_-]{16,255}|[A-Za-z0-9]{20,255})"),
    ("stripe", r"(?:[srp]k_(?:live|test)_[A-Za-z0-9]{10,255}|whsec_[A-Za-z0-9]{20,255})"),
    ("huggingface", r"(?:hf|api_org)_[A-Za-z0-9]{24,255}"),
    ("slack", r"(?:xox[abeoprs]-[A-Za-z0-9-]{10,255}|xapp-[0-9]-[A-Za-z0-9-]{10,255})"),
    ("slack_hook", r"hooks\.slack\.com/services/[A-Za-z0-9/]{20,255}"),
    ("google", r"(?:AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,255}|GOCSPX-[A-Za-z0-9_-]{20,255})"),
    ("npm", r"npm_[A-Za-z0-9]{30,255}"),
    ("pypi", r"pypi-[A-Za-z0-9_-]{40,512}"),
    ("sendgrid", r"SG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,64}"),
    ("twilio", r"SK[0-9a-f]{32}(?![A-Za-z0-9])"),
    ("databricks", r"dapi[0-9a-f]{32}"),
    ("digitalocean", r"do[opr]_v1_[0-9a-f]{32,64}"),
    ("vault", r"hv[sb]\.[A-Za-z0-9_-]{24,255}"),
    ("replicate", r"r8_[A-Za-z0-9]{30,64}"),
    ("model_host", r"(?:gsk_|nvapi-|pplx-|xai-|tgp_v1_)[A-Za-z0-9_-]{30,255}"),
    ("telegram", r"[0-9]{8,10}:AA[A-Za-z0-9_-]{30,40}"),
    ("age", r"AGE-SECRET-KEY-1[A-Z0-9]{30,80}"),
    ("jwt", r"eyJ[A-Za-z0-9_-]{8,8192}\.[A-Za-z0-9_-]{8,8192}\.[A-Za-z0-9_-]{8,8192}"),
)

_BORDER = r"(?<![A-Za-z0-9_-])"
_CONTEXTUAL: tuple[str, ...] = (
    # Up to the end of the text when the block's own end is missing: half a key is still a key.
    (
        r"-----BEGIN (?:[A-Z0-9]{1,16} ){0,4}PRIVATE KEY(?: BLOCK)?-----"
        r"(?P<private_key>.*?)(?:-----END (?:[A-Z0-9]{1,16} ){0,4}PRIVATE KEY(?: BLOCK)?-----|\Z)"
    ),
    r"://[^\s/:@\"'<>]{0,256}:(?P<url_password>[^\s/@\"'<>]{1,512})@",
    r"://(?P<url_token>[A-Za-z0-9_-]{20,512})@",
    (
        r"(?i:\bauthorization[\"']?\s{0,4}[:=]\s{0,4}[\"']?(?:basic|bearer|token|digest|negotiate)\s{1,4})"
        r"(?P<authorization>[^\s\"',;\[]{4,8192})"
    ),
    r"(?i:\bbearer\s{1,4})(?P<bearer>(?=[A-Za-z._~+/=-]{0,64}[0-9])[A-Za-z0-9._~+/=-]{12,8192})",
    r"(?:AccountKey|SharedAccessKey|sharedaccesskey)=(?P<azure>[A-Za-z0-9+/=]{20,256})",
    r"[?&](?:sig|signature|X-Amz-Signature|X-Goog-Signature)=(?P<signature>[A-Za-z0-9%+/=_-]{16,512})",
)


@cache
def shapes() -> re.Pattern[str]:
    """Return one expression for all shapes, compiled when a text needs a closer look for the first time.

    Exactly one named group takes part in a match, and it holds the secret.
    """
    tokens = [f"{_BORDER}(?P<{name}>{body})" for name, body in _TOKENS]
    return re.compile("|".join([*_CONTEXTUAL, *tokens]), re.DOTALL)


# One of these stands in every text that holds a shape.  Substring tests are the quickest thing there is, and most
# texts hold no dash or underscore, or none of the rest.
_DASHED = (
    *(
        "-----BEGIN ",
        "sk-",
        "glpat-",
        "glptt-",
        "gldt-",
        "glrt-",
        "glcbt-",
        "glft-",
        "glsoat-",
        "glagent-",
        "gloas-",
    ),
    *("xox", "xapp-", "GOCSPX-", "pypi-", "nvapi-", "pplx-", "xai-", "AGE-SECRET-", "?X-", "&X-"),
)
_UNDERSCORED = (
    *(
        "ghp_",
        "gho_",
        "ghu_",
        "ghs_",
        "ghr_",
        "github_pat_",
        "k_live_",
        "k_test_",
        "whsec_",
        "hf_",
        "api_org_",
    ),
    *("npm_", "_v1_", "r8_", "gsk_"),
)
_PLAIN = (
    *(
        "://",
        "AKIA",
        "ASIA",
        "ABIA",
        "ACCA",
        "AIza",
        "ya29.",
        "eyJ",
        ":AA",
        "earer ",
        "EARER ",
        "uthorization",
    ),
    *(
        "UTHORIZATION",
        "SG.",
        "SK",
        "dapi",
        "hvs.",
        "hvb.",
        "hooks.slack",
        "ccountKey=",
        "ccessKey=",
        "ccesskey=",
    ),
    *("?sig", "&sig"),
)


def may_hold_shape(text: str) -> bool:
    """Return False when the text certainly holds no shape; made to be quick on ordinary text."""
    if len(text) <= LONGEST_SAFE:
        return "://" in text
    contains = text.__contains__
    return (
        any(map(contains, _PLAIN))
        or ("_" in text and any(map(contains, _UNDERSCORED)))
        or ("-" in text and any(map(contains, _DASHED)))
    )
