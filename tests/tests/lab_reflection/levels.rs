//! Reflectors that are clients of a reflector (RFC 4456 §4), and who has been where on the way.

use anyhow::{Context as _, Result, ensure};
use godwit_lab::{Program, Router, until};

use crate::lan::{Lan, config, net};
use crate::told::{Speaker as _, Told};

const CLIENT: &str = "rr client;";

/// 2 is a client of 3, which is a client of 4, as is 5, of which 6 is a client; 3 and 5 may know each other.
fn levels(right: Program, crossed: bool) -> Result<()> {
    let lan = Lan::new(2..7)?;
    let start = |n: u8, program, own, ends: &[(u8, &'static str)]| {
        let ends: Vec<_> = ends.iter().map(|(end, options)| (*end, 65000, *options)).collect();
        Router::start(lan.machine(n), program, &config((n, 65000), own, &ends))
    };
    let across = |n| if crossed { Some((n, "")) } else { None };
    let ends = |ends: [(u8, &'static str); 2], n| ends.into_iter().chain(across(n)).collect::<Vec<_>>();
    let first = start(2, Program::Bird2, true, &[(3, "")])?;
    let last = start(6, Program::Bird2, true, &[(5, "")])?;
    let left = start(3, Program::Godwit, false, &ends([(2, CLIENT), (4, "")], 5))?;
    let top = start(4, Program::Godwit, false, &[(3, CLIENT), (5, CLIENT)])?;
    let right = start(5, right, false, &ends([(6, CLIENT), (4, "")], 3))?;
    for (to, from, by) in [(&last, 2, [5, 4, 3]), (&first, 6, [3, 4, 5])] {
        let by = by.iter().filter(|n| !crossed || **n != 4);
        let wanted = Some(Told {
            hop: format!("10.9.0.{from}"),
            pref: "100".into(),
            med: format!("3{from}"),
            originator: format!("10.0.0.{from}"),
            clusters: by.map(|n| format!("10.0.0.{n}")).collect::<Vec<_>>().join(" "),
            ..Told::default()
        });
        until("the route", || to.told(&net(from)) == wanted).with_context(|| {
            let all = [&left, &top, &right].map(|r| r.birdc("show route all") + &r.log()).concat();
            format!("wanted {wanted:?}\nheard {:?}\n{all}", to.told(&net(from)))
        })?;
    }
    // Nobody takes his own back.
    for (router, from) in [(&first, 2), (&last, 6)] {
        let shown = router.birdc(&format!("show route {}", net(from)));
        ensure!(!shown.contains(" [n"), "{shown}");
    }
    // It goes as it came.
    first.birdc("disable own");
    for router in [&left, &top, &right, &last] {
        router.lost_route(&net(2))?;
    }
    Ok(())
}

#[test]
fn lab_two_levels_of_reflectors() -> Result<()> {
    for (right, crossed) in [(Program::Godwit, false), (Program::Bird2, false), (Program::Godwit, true)] {
        levels(right, crossed).with_context(|| format!("{right:?} crossed: {crossed}"))?;
    }
    Ok(())
}
