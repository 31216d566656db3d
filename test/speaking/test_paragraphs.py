"""A text file is spoken paragraph by paragraph."""

from __future__ import annotations

from txt2vid_ros.speaking.paragraphs import paragraphs


def test_a_file_is_said_paragraph_by_paragraph() -> None:
    text = 'One line\r\nand more.\r\n\r\nTwo.\n \t\n\n\nThree\nlines.\n'
    assert paragraphs(text) == ['One line and more.', 'Two.', 'Three lines.']
    assert paragraphs(' \n\n') == []
