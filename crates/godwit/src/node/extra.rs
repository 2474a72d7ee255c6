//! Configuration of the operator's own, beside what the datastore gives.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use godwit_config::{Applied, Extra};
use godwit_config::{Dialect, LoadOptions};
use godwit_control::NodeConfig;

use crate::loading::{self, system_text};

/// The operator's files, each laid over what those before it made.
#[derive(Default)]
pub(super) struct Layers {
    files: Vec<PathBuf>,
    read: Vec<Extra>,
    /// What was left out of them.
    remarks: BTreeSet<String>,
}

impl Layers {
    /// Reads the files.
    ///
    /// # Errors
    /// Everything that is wrong with them, with its line and a caret.
    pub(super) fn read(files: &[PathBuf]) -> Result<Self, String> {
        let read = files.iter().map(|file| load(file).map_err(|refused| refused.explained));
        Ok(Self { files: files.to_vec(), read: read.collect::<Result<_, _>>()?, remarks: BTreeSet::new() })
    }

    /// Reads them again. If one is no good, all of them stay as they were.
    ///
    /// # Errors
    /// `FILE:LINE:COL MESSAGE` lines.
    pub(super) fn read_again(&mut self) -> Result<(), Vec<String>> {
        let read = self.files.iter().map(|file| load(file).map_err(|refused| refused.lines));
        self.read = read.collect::<Result<_, _>>()?;
        Ok(())
    }

    /// The routers with the files laid over them: where every configuration passes on its way from the
    /// datastore to the routers. One that is as before is the same as before.
    pub(super) fn over(&mut self, base: &NodeConfig) -> NodeConfig {
        let (mut now, mut remarks) = (base.clone(), BTreeSet::new());
        for extra in &mut self.read {
            let Applied { routers, remarks: found } = extra.apply(&[now.ipv4.clone(), now.ipv6.clone()]);
            remarks.extend(found);
            if let [ipv4, ipv6] = routers.as_slice() {
                now = NodeConfig { ipv4: ipv4.clone(), ipv6: ipv6.clone() };
            }
        }
        remarks.difference(&self.remarks).for_each(|remark| tracing::warn!("{remark}"));
        self.remarks.difference(&remarks).for_each(|remark| tracing::info!("no longer: {remark}"));
        self.remarks = remarks;
        now
    }
}

/// Why a file is refused.
struct Refused {
    /// With carets.
    explained: String,
    lines: Vec<String>,
}

fn load(file: &Path) -> Result<Extra, Refused> {
    let name = file.to_string_lossy();
    let text = std::fs::read_to_string(file).map_err(|error| {
        let explained = format!("{name}: {}", system_text(&error));
        Refused { lines: vec![explained.clone()], explained }
    })?;
    let options = LoadOptions { dialect: Some(Dialect::Bird16), ..LoadOptions::default() };
    let extra = Extra::load(&name, &text, &options, &mut loading::include).map_err(|error| Refused {
        explained: format!("{name} is refused:\n{error}"),
        lines: error.lines().collect(),
    })?;
    extra.warnings().for_each(|warning| tracing::warn!("{}", warning.trim_end()));
    Ok(extra)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use godwit_config::RouterConfig;

    use super::*;

    #[test]
    fn a_file_is_laid_over_both_and_a_bad_one_leaves_the_last_good_one() {
        let directory = std::env::temp_dir().join(format!("godwit-node-extra-{}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("a directory");
        let file = directory.join("extra.conf");
        let write = |text: &str| std::fs::write(&file, text).expect("written");
        let router = |ipv6| Arc::new(RouterConfig::new(Dialect::Bird16, ipv6));
        let base = NodeConfig { ipv4: router(false), ipv6: router(true) };
        write("protocol static mine { route 203.0.113.0/24 blackhole; route 2001:db8::/32 blackhole; }\n");
        let mut layers = Layers::read(std::slice::from_ref(&file)).expect("good");
        let first = layers.over(&base);
        assert!(first.ipv4.protocol("mine").is_some() && first.ipv6.protocol("mine").is_some());
        let again = layers.over(&base);
        assert!(Arc::ptr_eq(&first.ipv4, &again.ipv4) && Arc::ptr_eq(&first.ipv6, &again.ipv6));
        write("protocol static mine { rout 203.0.113.0/24 blackhole; }\n");
        let lines = layers.read_again().expect_err("no good");
        assert!(lines[0].contains("extra.conf:1:"), "{lines:?}");
        assert!(layers.over(&base).ipv4.protocol("mine").is_some());
        assert!(
            Layers::read(std::slice::from_ref(&file))
                .is_err_and(|text| text.contains("extra.conf is refused"))
        );
        write("");
        layers.read_again().expect("nothing in it");
        assert!(layers.over(&base).ipv4.protocol("mine").is_none());
        std::fs::remove_dir_all(&directory).expect("gone");
    }
}
