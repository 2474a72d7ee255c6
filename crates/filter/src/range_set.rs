//! Sets of numbers as sorted ranges.

use std::hash::{Hash, Hasher};

/// Ranges of numbers, ends included. Every set but that of prefixes is one: its members are numbers
/// in the order the language compares them.
#[derive(Clone, Debug, Default)]
pub struct RangeSet<T> {
    /// As written, sorted: what is printed and compared.
    items: Box<[(T, T)]>,
    /// Apart from each other, ascending, if `items` are not that already: what is searched.
    merged: Option<Box<[(T, T)]>>,
}

impl<T: PartialEq> PartialEq for RangeSet<T> {
    fn eq(&self, other: &Self) -> bool {
        self.items == other.items
    }
}

impl<T: Hash> Hash for RangeSet<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.items.hash(state);
    }
}

impl<T: Copy + Ord> RangeSet<T> {
    /// A set of these ranges in any order. One that ends before it begins holds nothing.
    pub(crate) fn new(mut items: Vec<(T, T)>) -> Self {
        items.sort_unstable();
        items.dedup();
        let apart = items.windows(2).all(|w| matches!(w, [a, b] if a.1 < b.0))
            && items.iter().all(|(low, high)| low <= high);
        let merged = (!apart).then(|| {
            let mut merged: Vec<(T, T)> = Vec::with_capacity(items.len());
            for (low, high) in items.iter().copied().filter(|(low, high)| low <= high) {
                match merged.last_mut() {
                    Some(last) if low <= last.1 => last.1 = last.1.max(high),
                    _ => merged.push((low, high)),
                }
            }
            merged.into_boxed_slice()
        });
        Self { items: items.into_boxed_slice(), merged }
    }

    /// Whether a number is in one of the ranges.
    #[inline]
    pub(crate) fn contains(&self, value: T) -> bool {
        let ranges = self.merged.as_deref().unwrap_or(&self.items);
        let after = ranges.partition_point(|(low, _)| *low <= value);
        ranges.get(after.wrapping_sub(1)).is_some_and(|(_, high)| value <= *high)
    }

    /// The ranges, apart from each other and ascending.
    pub(crate) fn ranges(&self) -> &[(T, T)] {
        self.merged.as_deref().unwrap_or(&self.items)
    }

    /// The ranges as written, sorted.
    pub(crate) fn items(&self) -> &[(T, T)] {
        &self.items
    }
}
