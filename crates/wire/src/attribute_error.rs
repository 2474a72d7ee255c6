use std::fmt;

use crate::Excerpt;

/// What RFC 7606 asks for, weakest first: the strongest of several errors decides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Treatment {
    /// Nothing is wrong.
    #[default]
    Accept,
    /// The attribute is dropped and the route used without it.
    Discard,
    /// The routes are treated as withdrawn.
    Withdraw,
}

/// What is wrong with an attribute.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fault {
    /// It runs past the end of the attribute block.
    Overrun,
    /// Its optional or transitive flag is not its type's.
    Flags,
    /// Its length is not its type's.
    Length,
    /// Its value is not one of its type's.
    Value,
    /// It may not come from such a neighbor.
    NotAllowed,
    /// It is there more than once.
    Duplicate,
    /// It must be there and is not.
    Missing,
    /// It is flagged well-known, and is not known.
    UnknownWellKnown,
    /// Its family was not negotiated.
    Family,
    /// There are more of its kind than [`crate::limits`] allow.
    TooMany,
}

/// An error in one attribute: RFC 7606's treatment is part of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AttributeError {
    /// The attribute's type code.
    pub code: u8,
    /// Where it begins, octets from the start of the attribute block.
    pub offset: usize,
    /// What is wrong.
    pub fault: Fault,
    /// What is to be done about it.
    pub treatment: Treatment,
    /// The attribute from its flags on; empty if it is missing.
    pub excerpt: Excerpt,
}

impl AttributeError {
    /// Tells what is wrong and where, but not what comes of it.
    pub(crate) fn tell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.code {
            1 => "ORIGIN",
            2 => "AS_PATH",
            3 => "NEXT_HOP",
            4 => "MULTI_EXIT_DISC",
            5 => "LOCAL_PREF",
            6 => "ATOMIC_AGGREGATE",
            7 => "AGGREGATOR",
            8 => "COMMUNITIES",
            9 => "ORIGINATOR_ID",
            10 => "CLUSTER_LIST",
            14 => "MP_REACH_NLRI",
            15 => "MP_UNREACH_NLRI",
            16 => "EXTENDED_COMMUNITIES",
            17 => "AS4_PATH",
            18 => "AS4_AGGREGATOR",
            25 => "IPV6_EXTENDED_COMMUNITIES",
            26 => "AIGP",
            32 => "LARGE_COMMUNITIES",
            35 => "ONLY_TO_CUSTOMER",
            _ => "attribute",
        };
        let what = match self.fault {
            Fault::Overrun => "runs past the attribute block",
            Fault::Flags => "has wrong flags",
            Fault::Length => "has a wrong length",
            Fault::Value => "has a wrong value",
            Fault::NotAllowed => "is not allowed from this neighbor",
            Fault::Duplicate => "is there twice",
            Fault::Missing => "is missing",
            Fault::UnknownWellKnown => "is flagged well-known but not known",
            Fault::Family => "is of a family that was not negotiated",
            Fault::TooMany => "is more than the limit allows",
        };
        write!(f, "{name} ({}) at octet {} {what}", self.code, self.offset)
    }
}

impl fmt::Display for AttributeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let then = match self.treatment {
            Treatment::Accept => "ignored",
            Treatment::Discard => "attribute discarded",
            Treatment::Withdraw => "routes treated as withdrawn",
        };
        f.write_str("Malformed UPDATE: ")?;
        self.tell(f)?;
        write!(f, ": {then}")?;
        if !self.excerpt.is_empty() {
            write!(f, " <{}>", self.excerpt)?;
        }
        Ok(())
    }
}
