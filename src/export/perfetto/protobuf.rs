//! Messages of protobuf as bytes (protobuf.dev, "Encoding"): as much of it as a trace needs, which is four kinds of fields.

/// A message that is being written, field by field.
#[derive(Clone, Debug, Default)]
pub struct Message(Vec<u8>);

impl Message {
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// An unsigned number, an enum, or a signed number that is not below nothing.
    pub fn number(&mut self, field: u64, value: u64) -> &mut Self {
        self.varint(field << 3);
        self.varint(value);
        self
    }

    /// A number that always has eight bytes.
    pub fn fixed(&mut self, field: u64, value: u64) -> &mut Self {
        self.varint(field << 3 | 1);
        self.0.extend(value.to_le_bytes());
        self
    }

    pub fn text(&mut self, field: u64, value: &str) -> &mut Self {
        self.lengthy(field, value.as_bytes())
    }

    pub fn message(&mut self, field: u64, value: &Self) -> &mut Self {
        self.lengthy(field, &value.0)
    }

    fn lengthy(&mut self, field: u64, value: &[u8]) -> &mut Self {
        self.varint(field << 3 | 2);
        self.varint(value.len() as u64);
        self.0.extend(value);
        self
    }

    /// Seven bits to a byte, the lowest first.
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of its documentation.
    #[test]
    fn fields_are_written_as_documented() {
        let mut inner = Message::default();
        inner.number(1, 150);
        assert_eq!(inner.bytes(), [0x08, 0x96, 0x01]);
        let mut text = Message::default();
        text.text(2, "testing");
        assert_eq!(text.bytes(), b"\x12\x07testing");
        let mut outer = Message::default();
        outer.message(3, &inner).fixed(4, 1);
        assert_eq!(outer.bytes(), [0x1a, 0x03, 0x08, 0x96, 0x01, 0x21, 1, 0, 0, 0, 0, 0, 0, 0]);
    }
}
