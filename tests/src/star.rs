//! A router in the middle with neighbors around it, each on a cable of its own.

use anyhow::Result;

use crate::Namespace;

/// The middle's address is 10.9.N.1 on `vethN`, the Nth neighbor's 10.9.N.2 on `eth0`.
#[derive(Debug)]
pub struct Star {
    /// The middle.
    pub hub: Namespace,
    /// The neighbors, in the order they were asked for.
    pub spokes: Vec<Namespace>,
}

impl Star {
    /// Makes one with neighbors of these numbers.
    ///
    /// # Errors
    /// As [`Namespace::new`].
    pub fn new(numbers: impl IntoIterator<Item = u8>) -> Result<Self> {
        let mut star = Self { hub: Namespace::new("hub")?, spokes: Vec::new() };
        for n in numbers {
            let spoke = Namespace::new(&format!("n{n}"))?;
            let (ours, theirs) = (format!("10.9.{n}.1/24"), format!("10.9.{n}.2/24"));
            Namespace::join((&star.hub, &format!("veth{n}"), &[&ours]), (&spoke, "eth0", &[&theirs]))?;
            star.spokes.push(spoke);
        }
        Ok(star)
    }
}
