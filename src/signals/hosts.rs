//! Hosts that an error line names, but for those of who asked: in URLs, by addresses with a port, by the names that
//! cluster DNS gives.

use crate::model::Subject;
use regex::Regex;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

/// The label with the hosts, each as it is written, with its port if it has one.
pub const LABEL: &str = "address";

/// So many of one message count.
const MOST: usize = 8;

/// A host of a URL; an address with a port; a name with the word by which cluster DNS tells that it is of a Service
/// (documentation, DNS for Services and Pods).
static HOST: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let name = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?";
    let url = format!(r"://(?:[^\s/@]*@)?(?P<url>{name}(?:\.{name})*(?::\d+)?)");
    let address = r"\b(?P<address>\d{1,3}(?:\.\d{1,3}){3}:\d{1,5})\b";
    let service = format!(r"\b(?P<service>(?:{name}\.)?{name}\.{name}\.svc(?:\.{name})*)(?:[^.\w]|$)");
    Regex::new(&format!("{url}|{address}|{service}")).ok()
});

/// The hosts that a line names, and the pods among them: `db-0.db.shop.svc` is the pod `db-0` of namespace `shop`, which
/// its headless Service gives a name of its own (documentation, StatefulSets, Stable Network ID).
pub(super) fn named(line: &str) -> (BTreeSet<String>, BTreeSet<Subject>) {
    let mut pods = BTreeSet::new();
    let mut hosts = BTreeSet::new();
    let captured = HOST.as_ref().into_iter().flat_map(|pattern| pattern.captures_iter(line));
    let texts = captured.filter_map(|found| {
        let caller = found.name("address").is_some_and(|address| is_caller(line, address.range()));
        let text = ["url", "address", "service"].iter().find_map(|group| found.name(group))?;
        (!caller).then_some(text.as_str())
    });
    for host in texts.take(MOST) {
        match host.split('.').collect::<Vec<_>>().as_slice() {
            [pod, _, namespace, end, ..] if is_svc(end) => {
                pods.insert(Subject::pod(*namespace, *pod));
            }
            _ => {
                hosts.insert(host.to_owned());
            }
        }
    }
    (hosts, pods)
}

/// Whether an address is that of who asked: it stands before an arrow or after a word for such, or has a port that Linux
/// gives to whoever connects (Documentation/networking/ip-sysctl.rst, ip_local_port_range).
fn is_caller(line: &str, address: Range<usize>) -> bool {
    let before = line.get(..address.start).unwrap_or_default().trim_end_matches(['"', '\'', ' ', '=', ':', '(']);
    let after = line.get(address.end..).unwrap_or_default().trim_start();
    let port = line.get(address).and_then(|text| text.rsplit_once(':')?.1.parse::<u16>().ok());
    let word = before.rsplit(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_').next().unwrap_or_default();
    after.starts_with("->") || CALLERS.contains(&word) || port.is_some_and(|port| port >= FIRST_EPHEMERAL)
}

/// Words before the address of who asked.
const CALLERS: [&str; 8] =
    ["client", "client_addr", "connection_from", "from", "peer", "remote", "remote_addr", "remote_address"];

/// The first of the ports that are given to whoever connects.
const FIRST_EPHEMERAL: u16 = 32_768;

fn is_svc(word: &str) -> bool {
    word.split(':').next() == Some("svc")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_a_line_says_that_it_asked() {
        for (line, hosts, pods) in [
            (r#"Get "http://checkout.shop:8080/cart": EOF"#, vec!["checkout.shop:8080"], vec![]),
            ("upstream=http://api.pay.svc.cluster.local/v1 502", vec!["api.pay.svc.cluster.local"], vec![]),
            ("amqp://user:pw@queue:5672/ closed", vec!["queue:5672"], vec![]),
            ("dial tcp 10.96.0.7:80: i/o timeout", vec!["10.96.0.7:80"], vec![]),
            ("no answer of ledger.bank.svc", vec!["ledger.bank.svc"], vec![]),
            ("home node 'rabbit@rabbit-1.rabbit.mq.svc.cluster.local' is down", vec![], vec!["Pod/mq/rabbit-1"]),
            ("cannot reach http://db-0.db.shop.svc:5432/", vec![], vec!["Pod/shop/db-0"]),
            ("failed in com.example.svc.Orders at 10:22:33 v1.2.3.4", vec![], vec![]),
            (
                "Channel error on connection <0.1.0> (10.244.0.52:41800 -> 10.244.0.33:5672)",
                vec!["10.244.0.33:5672"],
                vec![],
            ),
            ("refused client: 10.244.0.52:9000, server: _", vec![], vec![]),
            ("read tcp from 10.244.0.52:8080: reset", vec![], vec![]),
            ("", vec![], vec![]),
        ] {
            let (found, named) = named(line);
            assert_eq!(found.into_iter().collect::<Vec<_>>(), hosts, "{line}");
            assert_eq!(named.iter().map(ToString::to_string).collect::<Vec<_>>(), pods, "{line}");
        }
    }

    #[test]
    fn many_hosts_are_bounded() {
        let line: String = (0..100).map(|number| format!("http://a{number}/ ")).collect();
        assert_eq!(named(&line).0.len(), MOST);
    }
}
