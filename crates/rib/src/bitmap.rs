/// A set of net ids.
#[derive(Default, Debug)]
pub(crate) struct Bitmap {
    words: Vec<u64>,
    count: usize,
}

impl Bitmap {
    /// Whether `id` is in the set.
    pub(crate) fn contains(&self, id: u32) -> bool {
        self.words.get(id as usize / 64).is_some_and(|w| w >> (id % 64) & 1 == 1)
    }

    /// Adds `id`; whether it is new.
    pub(crate) fn insert(&mut self, id: u32) -> bool {
        let index = id as usize / 64;
        if index >= self.words.len() {
            self.words.resize(index + 1, 0);
        }
        let bit = 1 << (id % 64);
        match self.words.get_mut(index) {
            Some(word) if *word & bit == 0 => {
                *word |= bit;
                self.count += 1;
                true
            }
            _ => false,
        }
    }

    /// Removes `id`; whether it was there.
    pub(crate) fn remove(&mut self, id: u32) -> bool {
        let bit = 1 << (id % 64);
        match self.words.get_mut(id as usize / 64) {
            Some(word) if *word & bit != 0 => {
                *word &= !bit;
                self.count -= 1;
                true
            }
            _ => false,
        }
    }

    /// Removes all.
    pub(crate) fn clear(&mut self) {
        self.words.fill(0);
        self.count = 0;
    }

    /// How many ids are in the set.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Octets it occupies.
    pub(crate) fn memory(&self) -> usize {
        self.words.capacity() * 8
    }
}
