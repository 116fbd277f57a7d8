"""The frame of one line: what is written can be told whole from what is not."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexta.errors import ValidationError
from contexta.log.damage import DamageKind
from contexta.log.frame import MAX_LINE_BYTES, MAX_MEMBERS_BYTES, check, encode

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20), st.lists, max_leaves=5
)
members = st.dictionaries(
    st.text(min_size=1, max_size=8).map("k{}".format), values, min_size=1, max_size=5
).map(lambda content: json.dumps(content).encode()[1:-1])


def crc32_bit_by_bit(data: bytes) -> int:
    """The CRC-32 of ISO 3309 from its polynomial, independent of zlib."""
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = (register >> 1) ^ (0xEDB88320 if register & 1 else 0)
    return register ^ 0xFFFFFFFF


def test_a_line_has_its_number_first_and_its_checksum_last() -> None:
    """The bytes of a line are those of the documented format."""
    body = b'{"n":7,"key":"loss","value":0.5'
    assert encode(7, b'"key":"loss","value":0.5') == b'%b,"c":"%08x"}\n' % (body, crc32_bit_by_bit(body))


@given(n=st.integers(0, 10**12), record=members)
def test_a_line_is_one_json_object_and_checks_as_its_number(n: int, record: bytes) -> None:
    """Any record comes back from its line, as JSON with the frame's two members around it."""
    line = encode(n, record)
    content = json.loads(line)
    assert next(iter(content)) == "n"
    assert list(content)[-1] == "c"
    assert content | json.loads(b"{" + record + b"}") == content
    assert check(line[:-1]) == n


@given(n=st.integers(0, 999), record=members, data=st.data())
def test_every_single_bit_flip_is_detected(n: int, record: bytes, data: st.DataObject) -> None:
    """No line with one bit flipped passes the check."""
    line = bytearray(encode(n, record)[:-1])
    bit = data.draw(st.integers(0, len(line) * 8 - 1))
    line[bit // 8] ^= 1 << bit % 8
    assert isinstance(check(bytes(line)), DamageKind)


def test_all_single_bit_flips_of_one_line_are_detected() -> None:
    """The same, for each bit of one line, the case bits of the checksum's digits among them."""
    line = encode(3, b'"key":"loss","value":0.25,"step":12')[:-1]
    for bit in range(len(line) * 8):
        flipped = bytearray(line)
        flipped[bit // 8] ^= 1 << bit % 8
        assert isinstance(check(bytes(flipped)), DamageKind), bit


def test_a_line_cut_at_any_byte_is_detected() -> None:
    """No proper prefix of a line passes the check."""
    line = encode(3, b'"key":"loss","nested":{"n":1,"c":"00000000"}')[:-1]
    assert all(isinstance(check(line[:size]), DamageKind) for size in range(len(line)))


def test_the_longest_record_fits_and_one_byte_more_is_refused() -> None:
    """The limit is checked when writing, with a stable code."""
    longest = b'"k":"' + b"x" * (MAX_MEMBERS_BYTES - 6) + b'"'
    line = encode(10**12, longest)
    assert len(line) <= MAX_LINE_BYTES
    assert check(line[:-1]) == 10**12
    with pytest.raises(ValidationError) as caught:
        encode(1, longest + b" ")
    assert caught.value.code == "log_line_too_long"


def test_a_line_over_the_limit_is_refused_before_anything_else_is_looked_at() -> None:
    """Reading has the same limit, so that a crafted line costs nothing."""
    assert check(b'{"n":1,' + b"x" * MAX_LINE_BYTES) is DamageKind.OVERSIZE


@pytest.mark.parametrize("record", [b"", b'"a":1,\n"b":2', b'"seal":{"count":1}'])
def test_what_would_break_the_frame_is_refused(record: bytes) -> None:
    """A record that is empty, spans lines or begins like a seal never reaches the disk."""
    with pytest.raises(ValidationError) as caught:
        encode(1, record)
    assert caught.value.code == "log_line_malformed"
