//! Calls on a world: mostly between its numbers and on its trunks, dialled in every way, often near a boundary.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rating_core::money::Nano;
use rating_core::plan::*;

use super::World;
use super::names::{CICS, LATAS, OCNS, STATES};
use super::rng::Rng;
use crate::model::{Call, Jurisdiction, Lrn, Origin};

/// The next call.
pub fn call(world: &World, rng: &mut Rng) -> Call {
    let (origin, trunk) = origin(world, rng);
    let dnis = dialled(world, trunk, rng);
    let ani = calling(world, rng);
    let mut call = Call::new(0, origin, &ani, &dnis);
    call.at_ns = instant(world, rng);
    call.call_id = format!("{:x}@caller.example", rng.word()).into_bytes();
    let lrn = |rng: &mut Rng| Lrn { text: lrn_text(world, rng), dipped: trunk.is_none() || rng.percent(40) };
    call.dnis_lrn = rng.maybe(35, lrn);
    call.ani_lrn = rng.maybe(25, lrn);
    call.partition = rng.maybe(10, |rng| rng.pick(&world.plan.partitions).id.clone());
    call.rate_limit_per_min =
        rng.maybe(6, |rng| Nano(*rng.pick(&[1_000_000, 2_500_000, 10_000_000, 10_000_004, 33_333_333])));
    call.max_results = rng.maybe(10, |rng| *rng.pick(&[1, 2, 3, 8]));
    call.zone = rng.maybe(4, |rng| *rng.pick(&Jurisdiction::ALL));
    call.ocn = rng.maybe(5, |rng| rng.pick(&OCNS).as_bytes().try_into().expect("4 letters"));
    call.lata = rng.maybe(5, |rng| *rng.pick(&LATAS));
    call.state = rng.maybe(5, |rng| *rng.pick(&STATES));
    call.ani_class = rng.maybe(4, |rng| *rng.pick(AniClass::ALL));
    call.cic = rng.maybe(20, |rng| *rng.pick(&CICS));
    call
}

fn origin<'w>(world: &'w World, rng: &mut Rng) -> (Origin, Option<&'w Trunk>) {
    let trunks = &world.plan.trunks;
    // Those that come first have no odd rule.
    let at = match rng.below(100) {
        0..74 => rng.below(5),
        74..87 => rng.below(10),
        _ => rng.below(trunks.len()),
    };
    let trunk = &trunks[at];
    match rng.below(20) {
        0 => (Origin::Account(rng.pick(&world.plan.accounts).id.clone()), None),
        1 | 2 => (Origin::Trunk(trunk.id.clone()), Some(trunk)),
        3 => match &trunk.user {
            Some(user) => (Origin::User(user.clone()), Some(trunk)),
            None if rng.percent(20) => (Origin::User("nobody".into()), Some(trunk)),
            None => (Origin::Source(address(at, rng)), Some(trunk)),
        },
        _ => (Origin::Source(address(at, rng)), Some(trunk)),
    }
}

fn address(at: usize, rng: &mut Rng) -> IpAddr {
    let at = u8::try_from(at).expect("few trunks");
    match rng.below(120) {
        0 => Ipv4Addr::new(192, 0, 2, 1).into(),
        1 => Ipv6Addr::new(0x2001, 0xdb8, at.into(), 0, 0, 0, 0, 1).into(),
        2 => Ipv4Addr::new(10, at, 77, 1).into(),
        // The upper half may be another trunk's.
        3..6 => Ipv4Addr::new(10, at, 0, *rng.pick(&[128, 130, 192, 255])).into(),
        _ => Ipv4Addr::new(10, at, 0, 1 + rng.below(100) as u8).into(),
    }
}

fn number<'w>(world: &'w World, rng: &mut Rng) -> &'w String {
    let numbers = &world.numbers;
    match rng.below(100) {
        0..72 => rng.pick(&numbers.us),
        72..78 => rng.pick(&numbers.toll_free),
        78..84 => rng.pick(&numbers.zone1),
        84..88 => rng.pick(&numbers.nowhere),
        88..97 => rng.pick(&numbers.foreign),
        _ => rng.pick(&numbers.dids),
    }
}

/// A number with a character in it that is no digit, or with too many digits.
fn spoilt(number: &str, rng: &mut Rng) -> String {
    if rng.percent(30) {
        return format!("{number}{}", "5".repeat(1 + rng.below(30)));
    }
    let at = rng.below(number.len());
    // Those beside the digits in ASCII too.
    let odd = rng.pick(&['/', ':', '?', 'x', '*', '+', 'P']);
    format!("{}{odd}{}", &number[..at], &number[at + 1..])
}

/// One of the ways in which people write a number, or mistype it.
fn written(number: &str, rng: &mut Rng) -> String {
    if rng.percent(1) {
        return spoilt(number, rng);
    }
    let in_nanp = number.starts_with('1');
    match rng.below(8) {
        0 => format!("+{number}"),
        1 => format!("011{number}"),
        2 => format!("00{number}"),
        3 if in_nanp => number[1..].to_owned(),
        4 if in_nanp => format!("({}) {}-{}", &number[1..4], &number[4..7], &number[7..]),
        5 if in_nanp => format!("+1 {}.{}.{}", &number[1..4], &number[4..7], &number[7..]),
        // Ten digits from 2 would be read as NANP.
        _ if !in_nanp && number.len() == 10 => format!("+{number}"),
        _ => number.to_owned(),
    }
}

fn dialled(world: &World, trunk: Option<&Trunk>, rng: &mut Rng) -> String {
    let bare = match rng.below(100) {
        0 => (*rng.pick(&["911", "933", "9-1-1", "112"])).to_owned(),
        1 | 2 => rng.pick(&world.numbers.short).clone(),
        3 => {
            (*rng.pick(&["", "123", "1303555", "+130355", "013035550100", "13031110100", "*69", "5551234x"]))
                .to_owned()
        }
        // As dialling rules read them.
        4 => format!("9{}", rng.pick(&world.numbers.us)),
        5 => (*rng.pick(&[
            "5550100",
            "02079460000",
            "+02079460000",
            "5512",
            "+411",
            "3033333333",
            "2079460958",
        ]))
        .to_owned(),
        _ => {
            let number = number(world, rng).clone();
            written(&number, rng)
        }
    };
    let prefix = trunk.map_or("", |trunk| trunk.tech_prefix.as_str());
    if rng.percent(2) { bare } else { format!("{prefix}{bare}") }
}

fn calling(world: &World, rng: &mut Rng) -> String {
    match rng.below(100) {
        0..3 => String::new(),
        3 => "anonymous".into(),
        4 => "12345".into(),
        5..10 => written(&rng.pick(&world.numbers.foreign[..]).clone(), rng),
        10..70 => {
            let number = rng.pick(&world.numbers.us).clone();
            written(&number, rng)
        }
        _ => {
            let number = number(world, rng).clone();
            written(&number, rng)
        }
    }
}

fn lrn_text(world: &World, rng: &mut Rng) -> String {
    match rng.below(30) {
        0 => String::new(),
        1 => "303555".into(),
        2 => rng.pick(&world.numbers.zone1).clone(),
        3 => rng.pick(&world.numbers.us)[1..].to_owned(),
        4 => format!("+{}", rng.pick(&world.numbers.us)),
        5 => rng.pick(&world.numbers.toll_free).clone(),
        6 => rng.pick(&world.numbers.nowhere).clone(),
        7 => spoilt(number(world, rng), rng),
        _ => rng.pick(&world.numbers.us).clone(),
    }
}

/// Anywhere in the span, or within a second of a boundary.
fn instant(world: &World, rng: &mut Rng) -> i64 {
    const SEC: i64 = 1_000_000_000;
    let any = i64::try_from(rng.below(SEC as usize)).expect("a second");
    if rng.percent(55) {
        return rng.second((world.from, world.until)) * SEC + any;
    }
    let at = *rng.pick(&world.boundaries) * SEC + *rng.pick(&[-SEC, -any, -1, 0, 1, any, SEC]);
    at.clamp(world.from * SEC, world.until * SEC - 1)
}
