use std::fmt;

/// The kind of an AS_PATH segment (RFC 4271 §4.3, RFC 5065 §3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum SegmentKind {
    /// AS_SET: unordered, counts one.
    Set = 1,
    /// AS_SEQUENCE: ordered, each AS counts one.
    Sequence = 2,
    /// AS_CONFED_SEQUENCE: counts zero.
    ConfedSequence = 3,
    /// AS_CONFED_SET: counts zero.
    ConfedSet = 4,
}

impl SegmentKind {
    /// The kind with this code point, or `None` where RFC 7606 §7.2 calls the path malformed.
    pub fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            1 => Self::Set,
            2 => Self::Sequence,
            3 => Self::ConfedSequence,
            4 => Self::ConfedSet,
            _ => return None,
        })
    }

    /// Whether such segments stay inside a confederation (RFC 5065 §3).
    pub fn is_confederation(self) -> bool {
        matches!(self, Self::ConfedSequence | Self::ConfedSet)
    }
}

/// Whether an AS number is one for private use (RFC 6996 §5).
pub fn is_private_as(asn: u32) -> bool {
    matches!(asn, 64_512..=65_534 | 4_200_000_000..=4_294_967_294)
}

/// An AS_PATH with 4-octet AS numbers, kept as the bytes of its wire form: one allocation, and a
/// copy of bytes to encode it.
///
/// Only well-formed paths can be built: every segment has a known kind, 1 to 255 ASes, and
/// nothing is left over.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct AsPath {
    /// Segments as RFC 6793 §3 puts them on the wire between two 4-octet speakers.
    bytes: Box<[u8]>,
}

/// One segment of an [`AsPath`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Segment<'a> {
    /// What the segment means.
    pub kind: SegmentKind,
    /// Its AS numbers, four octets each in network order.
    bytes: &'a [u8],
}

impl<'a> Segment<'a> {
    /// The AS numbers in wire order.
    pub fn ases(self) -> impl DoubleEndedIterator<Item = u32> + ExactSizeIterator + Clone + 'a {
        self.bytes.chunks_exact(4).map(be32)
    }

    /// How many AS numbers it has.
    pub fn count(self) -> usize {
        self.bytes.len() / 4
    }
}

impl AsPath {
    /// The path of no segments, as a speaker originates it to its internal peers.
    pub fn empty() -> Self {
        Self::default()
    }

    /// A path of AS_SEQUENCE segments (more than one past 255 ASes).
    pub fn from_sequence(ases: &[u32]) -> Self {
        let mut builder = AsPathBuilder::default();
        for chunk in ases.chunks(255) {
            builder.push(SegmentKind::Sequence, chunk);
        }
        builder.finish()
    }

    /// Takes the wire form with 4-octet ASes, or `None` if it is malformed (RFC 7606 §7.2).
    pub fn from_wire(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let (head, tail) = rest.split_first_chunk::<2>()?;
            let [code, count] = *head;
            SegmentKind::from_code(code)?;
            if count == 0 {
                return None;
            }
            rest = tail.get(usize::from(count) * 4..)?;
        }
        Some(Self { bytes: bytes.into() })
    }

    /// The wire form with 4-octet AS numbers.
    pub fn as_wire(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether the path has no segment.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The segments in wire order.
    pub fn segments(&self) -> impl Iterator<Item = Segment<'_>> + Clone {
        let mut rest: &[u8] = &self.bytes;
        std::iter::from_fn(move || {
            let (head, tail) = rest.split_first_chunk::<2>()?;
            let [code, count] = *head;
            let (ases, next) = tail.split_at_checked(usize::from(count) * 4)?;
            rest = next;
            Some(Segment { kind: SegmentKind::from_code(code)?, bytes: ases })
        })
    }

    /// The path's length for best path selection (RFC 4271 §9.1.2.2 a, RFC 5065 §5.3): an AS_SET
    /// counts one, confederation segments nothing.
    pub fn path_len(&self) -> u32 {
        self.segments()
            .map(|s| match s.kind {
                SegmentKind::Sequence => s.count() as u32,
                SegmentKind::Set => 1,
                SegmentKind::ConfedSequence | SegmentKind::ConfedSet => 0,
            })
            .sum()
    }

    /// The neighbouring AS: the first AS of the first non-confederation segment if that is a
    /// sequence.
    pub fn first_as(&self) -> Option<u32> {
        let segment = self.segments().find(|s| matches!(s.kind, SegmentKind::Sequence | SegmentKind::Set))?;
        if segment.kind == SegmentKind::Sequence { segment.ases().next() } else { None }
    }

    /// The origin AS: the last AS, or `None` if the path is empty or ends in a set.
    pub fn origin_as(&self) -> Option<u32> {
        let last = self.segments().last()?;
        if last.kind == SegmentKind::Sequence { last.ases().next_back() } else { None }
    }

    /// The last AS before any set (BIRD's `last_nonaggregated`).
    pub fn last_nonaggregated(&self) -> Option<u32> {
        let mut last = None;
        for s in self.segments() {
            match s.kind {
                SegmentKind::Sequence => last = s.ases().next_back(),
                SegmentKind::Set | SegmentKind::ConfedSet => break,
                SegmentKind::ConfedSequence => {}
            }
        }
        last
    }

    /// How often an AS stands in the path, in any kind of segment.
    pub fn count_as(&self, asn: u32) -> usize {
        self.ases().filter(|a| *a == asn).count()
    }

    /// Whether an AS stands in the path, in any kind of segment.
    pub fn contains(&self, asn: u32) -> bool {
        self.ases().any(|a| a == asn)
    }

    /// Whether there is a segment that must not leave a confederation (RFC 5065 §3).
    pub fn has_confederation(&self) -> bool {
        self.segments().any(|s| s.kind.is_confederation())
    }

    /// The AS that stands first, in whatever kind of sequence: the neighbor's own, the member AS of one
    /// in our confederation. `None` if the path is empty or begins with a set.
    pub fn leading_as(&self) -> Option<u32> {
        let first = self.segments().next()?;
        matches!(first.kind, SegmentKind::Sequence | SegmentKind::ConfedSequence)
            .then(|| first.ases().next())
            .flatten()
    }

    /// The path as it leaves a confederation: without its segments (RFC 5065 §5.1 c).
    #[must_use]
    pub fn without_confederation(&self) -> Self {
        let mut builder = AsPathBuilder::default();
        for s in self.segments().filter(|s| !s.kind.is_confederation()) {
            builder.copy(s);
        }
        builder.finish()
    }

    /// The path with every `from` replaced by `to`: for a neighbor that would find its own AS in it
    /// ("as override"). Its length stays the same.
    #[must_use]
    pub fn with_replaced(&self, from: u32, to: u32) -> Self {
        self.mapped(|asn| Some(if asn == from { to } else { asn }))
    }

    /// The path without the ASes for private use (RFC 6996), confederation segments untouched. Segments
    /// that lose all are gone.
    #[must_use]
    pub fn without_private_ases(&self) -> Self {
        self.mapped(|asn| (!is_private_as(asn)).then_some(asn))
    }

    /// The path with `asn` in the place of each AS for private use, so that its length stays the same.
    #[must_use]
    pub fn with_private_ases_replaced(&self, asn: u32) -> Self {
        self.mapped(|a| Some(if is_private_as(a) { asn } else { a }))
    }

    /// The path with every AS outside confederation segments replaced, or left out.
    fn mapped(&self, f: impl Fn(u32) -> Option<u32>) -> Self {
        let mut builder = AsPathBuilder::default();
        for s in self.segments() {
            if s.kind.is_confederation() {
                builder.copy(s);
            } else {
                builder.push(s.kind, &s.ases().filter_map(&f).collect::<Vec<_>>());
            }
        }
        builder.finish()
    }

    /// Every AS number of every segment, in wire order.
    pub fn ases(&self) -> impl Iterator<Item = u32> + '_ {
        self.segments().flat_map(Segment::ases)
    }

    /// The path with `asn` put in front `times` times (RFC 4271 §5.1.2 b); `kind` is
    /// `Sequence`, or `ConfedSequence` inside a confederation.
    #[must_use]
    pub fn prepended(&self, kind: SegmentKind, asn: u32, times: usize) -> Self {
        let mut front: Vec<u32> = vec![asn; times];
        let mut builder = AsPathBuilder::default();
        let mut segments = self.segments().peekable();
        if let Some(first) = segments.peek().filter(|s| s.kind == kind && s.count() + times <= 255) {
            front.extend(first.ases());
            segments.next();
        }
        for chunk in front.chunks(255) {
            builder.push(kind, chunk);
        }
        for s in segments {
            builder.copy(s);
        }
        builder.finish()
    }
}

/// Prints the path as BIRD's `BGP.as_path` does: `1 2 {3 4} (5)`.
impl fmt::Display for AsPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, s) in self.segments().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            let (open, close) = match s.kind {
                SegmentKind::Sequence => ("", ""),
                SegmentKind::Set => ("{", "}"),
                SegmentKind::ConfedSequence => ("(", ")"),
                SegmentKind::ConfedSet => ("({", "})"),
            };
            f.write_str(open)?;
            for (j, asn) in s.ases().enumerate() {
                if j > 0 {
                    f.write_str(" ")?;
                }
                write!(f, "{asn}")?;
            }
            f.write_str(close)?;
        }
        Ok(())
    }
}

impl fmt::Debug for AsPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{self}]")
    }
}

/// Builds an [`AsPath`] segment by segment.
#[derive(Default)]
pub struct AsPathBuilder {
    bytes: Vec<u8>,
}

impl AsPathBuilder {
    /// Adds a segment; one of no ASes is left out, one of more than 255 is split.
    pub fn push(&mut self, kind: SegmentKind, ases: &[u32]) {
        for chunk in ases.chunks(255) {
            self.bytes.push(kind as u8);
            self.bytes.push(chunk.len() as u8);
            for asn in chunk {
                self.bytes.extend_from_slice(&asn.to_be_bytes());
            }
        }
    }

    /// Adds a segment as it is.
    fn copy(&mut self, segment: Segment<'_>) {
        self.bytes.extend_from_slice(&[segment.kind as u8, segment.count() as u8]);
        self.bytes.extend_from_slice(segment.bytes);
    }

    /// The finished path.
    pub fn finish(self) -> AsPath {
        AsPath { bytes: self.bytes.into_boxed_slice() }
    }
}

fn be32(chunk: &[u8]) -> u32 {
    chunk.try_into().map_or(0, u32::from_be_bytes)
}
