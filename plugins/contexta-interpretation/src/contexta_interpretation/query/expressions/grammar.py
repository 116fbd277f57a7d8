"""The grammar of the filter language, and its parser."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lark import Lark

__all__ = ["GRAMMAR", "KEYWORDS", "parser"]

#: The words of the language; they may be written in upper case.
KEYWORDS = ("and", "or", "not", "in", "between", "contains", "matches", "has", "true", "false")

#: A word ends where no character of a field's name follows.
_END = r"(?![\w.\/@%-])"

GRAMMAR = rf"""
?start: disjunction

?disjunction: conjunction (_OR conjunction)*
?conjunction: negation (_AND negation)*
?negation: _NOT negation -> negated
         | "(" disjunction ")"
         | condition

?condition: field OPERATOR literal           -> comparison
          | field _IN values                 -> one_of
          | field _NOT _IN values            -> none_of
          | field _BETWEEN literal _AND literal       -> between
          | field _NOT _BETWEEN literal _AND literal  -> not_between
          | field _CONTAINS literal          -> contains
          | field _NOT _CONTAINS literal     -> contains_not
          | field _MATCHES literal           -> matches
          | field _NOT _MATCHES literal      -> matches_not
          | literal _IN field                -> member
          | literal _NOT _IN field           -> no_member
          | _HAS field                       -> has

field: NAME
     | NAME "(" NAME ("," STRING)? ")"       -> statistic

?values: "[" literal ("," literal)* "]"      -> values
       | "(" literal ("," literal)* ")"      -> values

literal: STRING | NUMBER | TRUE | FALSE

OPERATOR: "==" | "=" | "!=" | "<=" | ">=" | "<" | ">"
_AND.2: /and{_END}/i
_OR.2: /or{_END}/i
_NOT.2: /not{_END}/i
_IN.2: /in{_END}/i
_BETWEEN.2: /between{_END}/i
_CONTAINS.2: /contains{_END}/i
_MATCHES.2: /matches{_END}/i
_HAS.2: /has{_END}/i
TRUE.2: /true{_END}/i
FALSE.2: /false{_END}/i
NAME: /[A-Za-z_][\w\/@%-]*(\.([\w\/@%-]+|"(\\.|[^"\\])*"|'(\\.|[^'\\])*'))*/
STRING: /"(\\.|[^"\\])*"|'(\\.|[^'\\])*'/
NUMBER: /[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?{_END}/

%import common.WS
%ignore WS
"""


@cache
def parser() -> Lark:
    """Return the parser, made at the first expression; it may be used by any number of threads."""
    from lark import Lark

    from contexta_interpretation.query.expressions.building import TreeBuilder

    # LALR reads in linear time and without recursion; the tree is built on the way.
    return Lark(GRAMMAR, parser="lalr", lexer="contextual", transformer=TreeBuilder())
