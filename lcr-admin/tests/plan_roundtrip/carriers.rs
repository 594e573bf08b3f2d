//! Providers with their routes and gateways, and partitions.

use proptest::prelude::*;
use rating_core::plan::{
    self, AniClass, Gateway, Member, Partition, Provider, ProviderKind, Route, TrafficClass,
};

use super::values::{id, ij_policy, limits, nano, one_of, schedule, some_of, time_zone};

/// A provider with one route of two gateways, and the partition that lists it.
pub type Carrier = (Provider, Route, Vec<Gateway>, Partition);

pub fn carrier(deck: String) -> BoxedStrategy<Carrier> {
    (id(), provider(), route(deck), gateway(), gateway(), partition())
        .prop_map(|(id, provider, route, first, second, (partition, member))| {
            let of = |end: &str, gateway| Gateway { id: format!("{id}{end}"), route: id.clone(), ..gateway };
            // The second is active: the route may carry emergency calls.
            let gateways = vec![of("a", first), of("b", Gateway { active: true, ..second })];
            let members = vec![Member { route: id.clone(), ..member }];
            (
                Provider { id: id.clone(), ..provider },
                Route { id: id.clone(), provider: id.clone(), ..route },
                gateways,
                Partition { id: id.clone(), members, ..partition },
            )
        })
        .boxed()
}

pub fn provider() -> BoxedStrategy<Provider> {
    use ProviderKind::{CustomerTrunk, Dnis, International, Lrn, OcnLata, RateDeck};
    let kind = one_of(&[Lrn, Dnis, International, OcnLata, CustomerTrunk, RateDeck]);
    (any::<bool>(), kind, ij_policy(), limits(), time_zone(), some_of(TrafficClass::ALL))
        .prop_map(|(active, kind, ij_policy, limits, time_zone, traffic)| Provider {
            id: String::new(),
            active,
            kind,
            ij_policy,
            limits,
            time_zone,
            traffic,
        })
        .boxed()
}

pub fn route(deck: String) -> BoxedStrategy<Route> {
    (any::<bool>(), any::<i32>(), limits(), some_of(AniClass::ALL))
        .prop_map(move |(active, quality, limits, ani_classes)| Route {
            id: String::new(),
            provider: String::new(),
            deck: Some(deck.clone()),
            active,
            quality,
            limits,
            ani_classes,
        })
        .boxed()
}

pub fn gateway() -> BoxedStrategy<Gateway> {
    let latas = prop::collection::vec(1u32..=99_999, 0..3);
    (any::<i32>(), prop::option::of(any::<u32>()), any::<bool>(), latas, limits())
        .prop_map(|(priority, weight, active, latas, limits)| Gateway {
            id: String::new(),
            route: String::new(),
            dial_string: "sip:${number}@gw.example:5060".to_owned(),
            priority,
            weight,
            active,
            latas,
            limits,
        })
        .boxed()
}

pub fn partition() -> BoxedStrategy<(Partition, Member)> {
    use plan::Strategy::{HighestMargin, LeastCost, Primary, Priority, Quality, RoundRobin, Weighted};
    let strategy = one_of(&[LeastCost, Priority, Primary, RoundRobin, Weighted, Quality, HighestMargin]);
    let member = (any::<i32>(), prop::option::of(any::<u32>()), any::<bool>(), limits()).prop_map(
        |(priority, weight, active, limits)| Member {
            route: String::new(),
            priority,
            weight,
            active,
            limits,
        },
    );
    let numbers = (1u32..=8, prop::option::of(1u32..=300), prop::option::of(any::<i32>()));
    let times = prop::option::of(schedule());
    (any::<bool>(), strategy, times, numbers, prop::option::of(nano()), limits(), member)
        .prop_map(|(active, strategy, schedule, numbers, rate_limit_per_min, limits, member)| {
            let partition = Partition {
                id: String::new(),
                active,
                strategy,
                members: Vec::new(),
                schedule,
                min_quality: numbers.2,
                rate_limit_per_min,
                max_results: numbers.0,
                dial_timeout_sec: numbers.1,
                limits,
            };
            (partition, member)
        })
        .boxed()
}
