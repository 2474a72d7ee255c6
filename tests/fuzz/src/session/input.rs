//! Octets of the fuzzer, taken as choices one after the other. Where there are none left they are zero, which is
//! the plainest choice everywhere.

pub(super) struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { rest: data }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.rest.split_first() else { return 0 };
        self.rest = rest;
        *first
    }

    /// Less than `n`, which is not 0.
    pub(super) fn below(&mut self, n: u8) -> u8 {
        self.byte() % n
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::from(self.byte()) % from.len()]
    }

    /// One of eight: a bit of the octet for each question.
    pub(super) fn bits(&mut self) -> [bool; 8] {
        let octet = self.byte();
        std::array::from_fn(|bit| octet & (1 << bit) != 0)
    }

    /// As many octets as are left, up to `n`.
    pub(super) fn octets(&mut self, n: usize) -> Vec<u8> {
        let (octets, rest) = self.rest.split_at(n.min(self.rest.len()));
        self.rest = rest;
        octets.to_vec()
    }
}
