use super::*;

/// The example of the contract, its windows filled in.
const EXAMPLE: &str = r#"{"currency":"USD","connect_fee":"0.15","free_sec":0,"grace_sec":0,
 "steps":[{"from_sec":0,"rate":"0.05","per_sec":60,"increment_sec":30},{"from_sec":30,"rate":"0.05","per_sec":60,"increment_sec":6}],
 "windows":[{"days":["mon","tue"],"month_days":[1],"months":[12],"from":"18:00:00","until":"24:00:00","connect_fee":"0","steps":[{"rate":"0.6"}]}],
 "timezone":"America/Denver","at_window":"split","min_cost":"0","max_cost":"10","at_max_cost":"free",
 "rounding":{"mode":"half_up","decimals":4}}"#;

fn cost(json: &str, duration_sec: u32, at: &str) -> String {
    let file = TariffFile::read(json.as_bytes()).unwrap_or_else(|error| panic!("{json}: {error}"));
    file.price(duration_sec, at.parse().unwrap()).unwrap().cost.to_string()
}

fn error(json: &str) -> String {
    TariffFile::read(json.as_bytes()).unwrap_err().to_string()
}

#[test]
fn r9_4_the_contracts_example() {
    // Monday 2026-11-16: no window. 0.15 + 36 s of 0.05 a minute: 0.18.
    assert_eq!(cost(EXAMPLE, 31, "2026-11-16T20:00:00Z"), "0.18");
    // Tuesday 2026-12-01 18:00 in Denver is Wednesday 01:00Z: 10 s of 0.6 a minute, no fee.
    assert_eq!(cost(EXAMPLE, 10, "2026-12-02T01:00:00Z"), "0.1");
    // A second earlier: the fee and 30 s of the own steps; from second 30 on the window's.
    assert_eq!(cost(EXAMPLE, 30, "2026-12-02T00:59:59Z"), "0.175");
    assert_eq!(cost(EXAMPLE, 31, "2026-12-02T00:59:59Z"), "0.185");
}

#[test]
fn r9_5_days_of_23_and_25_hours_by_the_time_zone_database() {
    let json = r#"{"steps":[{"rate":"0.001","per_sec":3600,"increment_sec":3600}],
        "windows":[{"days":["sun"],"from":"00:00","until":"24:00","steps":[{"rate":"1","per_sec":3600,"increment_sec":3600}]}],
        "timezone":"America/Denver","at_window":"split"}"#;
    // From Sunday's midnight in Denver, 30 hours.
    assert_eq!(cost(json, 30 * 3_600, "2026-03-08T07:00:00Z"), "23.007");
    assert_eq!(cost(json, 30 * 3_600, "2026-11-01T06:00:00Z"), "25.005");
}

#[test]
fn everything_but_prices_may_be_left_out() {
    assert_eq!(cost(r#"{"steps":[{"rate":"0.06"}]}"#, 31, "2026-11-16T00:00:00Z"), "0.031");
    assert_eq!(cost(r#"{"windows":[{"steps":[{"rate":"0.06"}]}]}"#, 31, "2026-11-16T00:00:00Z"), "0.031");
    // A window without a fee of its own keeps the tariff's.
    let json = r#"{"connect_fee":"1","windows":[{"steps":[{"rate":"0"}]}]}"#;
    assert_eq!(cost(json, 31, "2026-11-16T00:00:00Z"), "1");
}

#[test]
fn mistakes_are_named_by_key() {
    for (json, words) in [
        (r#"{"stps":[]}"#, "unknown field `stps`"),
        (r#"{"steps":[{"rate":"1","perSec":1}]}"#, "unknown field `perSec`"),
        (r#"{"steps":[{"rate":0.05}]}"#, "decimal string"),
        (r#"{"steps":[{"rate":"-1"}]}"#, "0 or more"),
        (r#"{"steps":[{"rate":"0.0000000001"}]}"#, "more than 9 decimals"),
        (r#"{"steps":[{"rate":"1","increment_sec":0}]}"#, "steps[0].increment_sec: found 0"),
        (r#"{"steps":[{"rate":"1","from_sec":5}]}"#, "one with from_sec 0"),
        (r#"{"steps":[{"rate":"1"},{"rate":"2"}]}"#, "steps[1].from_sec: found 0"),
        (r#"{"steps":[{"rate":"1"}],"timezone":"Denver"}"#, "timezone: found \"Denver\""),
        (r#"{"steps":[{"rate":"1"}],"currency":"usd"}"#, "currency: found \"usd\""),
        (r#"{"steps":[{"rate":"1"}],"rounding":{"decimals":10}}"#, "rounding.decimals: found 10"),
        (
            r#"{"steps":[{"rate":"1"}],"windows":[{"from":"24:00","steps":[{"rate":"1"}]}]}"#,
            "windows[0].from",
        ),
        (
            r#"{"steps":[{"rate":"1"}],"windows":[{"months":[13],"steps":[{"rate":"1"}]}]}"#,
            "windows[0].months: found 13",
        ),
        (r#"{"steps":[{"rate":"1"}],"windows":[{"days":["mo"],"steps":[]}]}"#, "unknown variant `mo`"),
        (r#"{"steps":[{"rate":"1"}],"windows":[{"steps":[]}]}"#, "no step has from_sec 0"),
        (r#"{}"#, "no steps"),
    ] {
        assert!(error(json).contains(words), "{json}: {}", error(json));
    }
}

#[test]
fn r9_5_a_time_without_a_price_is_refused() {
    let window = |rest: &str| format!(r#"{{{rest},"steps":[{{"rate":"1"}}]}}"#);
    let file = |windows: &[String]| format!(r#"{{"windows":[{}]}}"#, windows.join(","));
    let week = window(r#""days":["mon","tue","wed","thu","fri"]"#);
    let weekend = window(r#""days":["sat","sun"]"#);
    assert!(TariffFile::read(file(&[week.clone(), weekend]).as_bytes()).is_ok());
    // 2000-01-01 was a Saturday.
    assert!(error(&file(&[week])).contains("no window holds on Saturday"));
    let night = window(r#""from":"20:00","until":"08:00""#);
    let day = window(r#""from":"08:00","until":"19:59:59""#);
    assert!(error(&file(&[night, day])).contains("19:59:59"));
    // Every day of the month up to the 30th leaves the 31st.
    let days: Vec<String> = (1..31).map(|day| day.to_string()).collect();
    let month = window(&format!(r#""month_days":[{}]"#, days.join(",")));
    assert!(error(&file(&[month])).contains("Monday 31 January"));
}
