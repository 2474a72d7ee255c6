//! Constants that name the numbers of iproute2's databases.

/// The constants of a database: `ipt_main` = 254 for prefix `ipt_` and a line `254 main`. BIRD reads
/// `rt_protos` as `ipp_`, `rt_realms` as `ipr_`, `rt_scopes` as `ips_` and `rt_tables` as `ipt_`.
pub fn constants_from_database(prefix: &str, text: &str) -> Vec<(String, u32)> {
    text.lines().filter_map(|line| constant(prefix, line)).collect()
}

fn constant(prefix: &str, line: &str) -> Option<(String, u32)> {
    let mut words = line.split('#').next()?.split_ascii_whitespace();
    let (number, name) = (words.next()?, words.next()?);
    let number = match number.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    let name = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' });
    Some((prefix.chars().chain(name).collect(), number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_and_names() {
        let text = "# comment\n255\tlocal\n0xfe main # note\nx y\n1\n7 my-table.1\n";
        let expected = [("ipt_local", 255), ("ipt_main", 254), ("ipt_my_table_1", 7)];
        assert_eq!(constants_from_database("ipt_", text), expected.map(|(n, v)| (n.to_string(), v)).to_vec());
    }
}
