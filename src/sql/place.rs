//! Places in a script: byte offsets, lines and columns, and offsets in characters.

/// The line and the column, both from 1, the column in characters, of a byte of the script.
///
/// A line ends with `\n` (so `\r\n` ends one line, and a lone `\r` ends none). A byte-order mark has no width. An
/// offset beyond the script or inside a character counts as the end or the beginning of it.
pub(crate) fn line_column(script: &str, byte_offset: usize) -> (u32, u32) {
    let mut place = TextPosition::start();
    place.advance(script, byte_offset);
    (place.line, place.column)
}

/// The byte offset of the character with this number, from 0: servers report positions in characters.
///
/// A number beyond the script gives its length.
pub(crate) fn byte_of_char(script: &str, char_offset: usize) -> usize {
    script.char_indices().nth(char_offset).map_or(script.len(), |(offset, _)| offset)
}

/// A place that moves forward through a script, so that finding the places of all statements takes one pass.
#[derive(Debug, Clone, Copy)]
pub(super) struct TextPosition {
    offset: usize,
    pub(super) line: u32,
    pub(super) column: u32,
}

impl TextPosition {
    /// The first character of a script.
    pub(super) fn start() -> Self {
        Self { offset: 0, line: 1, column: 1 }
    }

    /// Moves to a byte offset that is not before the current one.
    pub(super) fn advance(&mut self, script: &str, to: usize) {
        if self.offset == 0 && to > 0 && script.starts_with(super::lexer::BYTE_ORDER_MARK) {
            self.offset = super::lexer::BYTE_ORDER_MARK.len_utf8();
        }
        let mut to = to.min(script.len());
        while !script.is_char_boundary(to) {
            to -= 1;
        }
        for byte in script.as_bytes().get(self.offset..to).unwrap_or_default() {
            if *byte == b'\n' {
                self.line = self.line.saturating_add(1);
                self.column = 1;
            } else if !is_continuation(*byte) {
                self.column = self.column.saturating_add(1);
            }
        }
        self.offset = self.offset.max(to);
    }
}

/// Whether a byte is inside a UTF-8 character and not its first one.
fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}
