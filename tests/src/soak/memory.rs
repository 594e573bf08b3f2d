//! Whether memory is flat.

use std::fmt;
use std::fs;

use anyhow::Context;

use crate::lab::Lab;

/// What may be more after the calls than after the first few of them: tables grow a little with what happens to be in them, a
/// leak grows with the calls. Kamailio's processes are a dozen and more, each with a heap and a language of its own.
const SHARED_MAX: u64 = 1 << 20;
const PRIVATE_MAX: u64 = 24 << 20;
const AGENT_MAX: u64 = 8 << 20;

/// What is in use, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Kamailio's shared memory.
    pub shared: u64,
    /// What the processes of Kamailio have for themselves, all together.
    pub private: u64,
    /// What the agent has for itself.
    pub agent: u64,
}

impl Memory {
    /// What is in use now.
    ///
    /// # Errors
    /// When Kamailio or the operating system does not tell.
    pub fn of(lab: &Lab) -> anyhow::Result<Memory> {
        let [kamailio, agent] = lab.process_groups();
        let shared = lab.shared_memory_used()?;
        Ok(Memory { shared, private: private_of_group(kamailio)?, agent: private_of_group(agent)? })
    }

    /// What has grown too much since `before`.
    #[must_use]
    pub fn problems(self, before: Memory) -> Vec<String> {
        let figures = [
            ("Kamailio's shared memory", before.shared, self.shared, SHARED_MAX),
            ("the memory of Kamailio's processes", before.private, self.private, PRIVATE_MAX),
            ("the agent's memory", before.agent, self.agent, AGENT_MAX),
        ];
        let grown = figures.into_iter().filter(|(_, before, after, max)| *after > before + max);
        grown.map(|(what, before, after, _)| format!("{what} grew from {before} to {after} bytes")).collect()
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [shared, private, agent] = [self.shared, self.private, self.agent].map(|bytes| bytes >> 10);
        write!(to, "shared {shared} KiB, private {private} KiB, agent {agent} KiB")
    }
}

/// The private memory of all processes of a group.
fn private_of_group(group: u32) -> anyhow::Result<u64> {
    let mut sum = 0;
    for entry in fs::read_dir("/proc").context("reading /proc")? {
        let process = entry?.path();
        // A process may end while it is looked at.
        let is_of_group =
            fs::read_to_string(process.join("stat")).is_ok_and(|stat| group_of(&stat) == Some(group));
        if is_of_group && let Ok(maps) = fs::read_to_string(process.join("smaps_rollup")) {
            sum += private(&maps);
        }
    }
    Ok(sum)
}

/// `<pid> (<name>) <state> <parent> <group> …`
fn group_of(stat: &str) -> Option<u32> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(2)?.parse().ok()
}

fn private(maps: &str) -> u64 {
    let of_line =
        |line: &str| line.strip_prefix("Private_Dirty:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok();
    maps.lines().filter_map(of_line).sum::<u64>() << 10
}

#[cfg(test)]
mod tests {
    use super::{group_of, private};

    #[test]
    fn reads_what_the_kernel_writes() {
        assert_eq!(group_of("12 (a) b) S 1 77 3 0"), Some(77));
        assert_eq!(private("Rss:    9 kB\nPrivate_Clean:  4 kB\nPrivate_Dirty:      12 kB\n"), 12_288);
    }
}
