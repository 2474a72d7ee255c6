//! Path masks: `[= 1 * 2..5 ? =]` against an AS path.

use std::fmt;

use godwit_wire::{AsPath, SegmentKind};

use crate::range_set::RangeSet;

/// The items a mask may have: their states fit a machine word pair.
pub(crate) const MASK_ITEMS_MAX: usize = 120;

/// An item of a mask.
#[derive(Clone, PartialEq, Hash, Debug)]
pub(crate) enum MaskElement {
    /// `*`
    Any,
    /// `?`
    One,
    /// `+`
    Repeat,
    /// One AS.
    As(u32),
    /// `a..b`
    Range(u32, u32),
    /// One AS of a set.
    Set(RangeSet<u32>),
}

/// A mask. The first item is not [`MaskElement::Repeat`].
#[derive(Clone, PartialEq, Hash, Debug)]
pub struct PathMask {
    elements: Box<[MaskElement]>,
}

impl PathMask {
    /// A mask of these items, or what is wrong with them.
    pub(crate) fn new(elements: Vec<MaskElement>) -> Result<Self, &'static str> {
        if elements.first() == Some(&MaskElement::Repeat) {
            return Err("Path mask iterator '+' cannot be first");
        }
        let mut elements = elements;
        elements.dedup_by(|next, last| *next == MaskElement::Repeat && *last == MaskElement::Repeat);
        if elements.len() > MASK_ITEMS_MAX {
            return Err("Path mask too long");
        }
        Ok(Self { elements: elements.into() })
    }

    /// Whether the whole path fits. A set counts as one AS that fits if a member does.
    pub(crate) fn matches(&self, path: &AsPath) -> bool {
        let mut states = self.closure(1);
        for segment in path.segments() {
            match segment.kind {
                SegmentKind::Sequence | SegmentKind::ConfedSequence => {
                    for asn in segment.ases() {
                        states = self.step(states, |e| e.fits(asn));
                        if states == 0 {
                            return false;
                        }
                    }
                }
                SegmentKind::Set | SegmentKind::ConfedSet => {
                    states = self.step(states, |e| segment.ases().any(|asn| e.fits(asn)));
                }
            }
        }
        states >> self.elements.len() & 1 == 1
    }

    /// Adds the states reached without an AS: past every `*` and every `+`.
    fn closure(&self, mut states: u128) -> u128 {
        for (i, element) in self.elements.iter().enumerate() {
            if matches!(element, MaskElement::Any | MaskElement::Repeat) && states >> i & 1 == 1 {
                states |= 1 << (i + 1);
            }
        }
        states
    }

    fn step(&self, states: u128, fits: impl Fn(&MaskElement) -> bool) -> u128 {
        let mut next = 0;
        for (i, element) in self.elements.iter().enumerate() {
            if states >> i & 1 == 0 {
                continue;
            }
            match element {
                // Stays: it may take more.
                MaskElement::Any => next |= 1 << i,
                MaskElement::Repeat if self.repeated(i).is_some_and(&fits) => {
                    next |= 1 << i;
                }
                _ if fits(element) => next |= 1 << (i + 1),
                _ => {}
            }
        }
        self.closure(next)
    }

    /// What the `+` at a place repeats.
    fn repeated(&self, at: usize) -> Option<&MaskElement> {
        self.elements.get(..at)?.iter().rev().find(|e| **e != MaskElement::Repeat)
    }
}

impl MaskElement {
    fn fits(&self, asn: u32) -> bool {
        match self {
            Self::Any | Self::One => true,
            Self::Repeat => false,
            Self::As(wanted) => asn == *wanted,
            Self::Range(low, high) => (*low..=*high).contains(&asn),
            Self::Set(set) => set.contains(asn),
        }
    }
}

/// Prints as BIRD does: `[= 1 * 2..5 ? =]`.
impl fmt::Display for PathMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[= ")?;
        for element in &self.elements {
            match element {
                MaskElement::Any => f.write_str("* ")?,
                MaskElement::One => f.write_str("? ")?,
                MaskElement::Repeat => f.write_str("+ ")?,
                MaskElement::As(asn) => write!(f, "{asn} ")?,
                MaskElement::Range(low, high) => write!(f, "{low}..{high} ")?,
                MaskElement::Set(set) => {
                    crate::value::print_ranges(f, set.items(), |f, asn| write!(f, "{asn}"))?;
                    f.write_str(" ")?;
                }
            }
        }
        f.write_str("=]")
    }
}
