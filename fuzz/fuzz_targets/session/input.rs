//! Octets of the fuzzer, taken as choices one after the other. Where there are none left they are zero, which is
//! the plainest choice everywhere.

use libfuzzer_sys::arbitrary::Unstructured;

pub struct Input<'a> {
    rest: Unstructured<'a>,
}

impl<'a> Input<'a> {
    pub fn new(data: &'a [u8]) -> Self {
        Self { rest: Unstructured::new(data) }
    }

    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub fn byte(&mut self) -> u8 {
        self.rest.arbitrary().unwrap_or_default()
    }

    /// Less than `n`, which is not 0.
    pub fn below(&mut self, n: u8) -> u8 {
        self.byte() % n
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::from(self.byte()) % from.len()]
    }

    /// One of eight: a bit of the octet for each question.
    pub fn bits(&mut self) -> [bool; 8] {
        let octet = self.byte();
        std::array::from_fn(|bit| octet & (1 << bit) != 0)
    }

    /// As many octets as are left, up to `n`.
    pub fn octets(&mut self, n: usize) -> Vec<u8> {
        let n = n.min(self.rest.len());
        self.rest.bytes(n).unwrap_or_default().to_vec()
    }
}
