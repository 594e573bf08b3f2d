//! Draws the time of look-up and decision against the size of the decks: `plot POINTS.jsonl > OUT.svg`.
//!
//! Each line is the last line of one `figures --sweep`. Prices are on a logarithmic axis, times on a linear one.

use std::fmt::Write;

use anyhow::{Context, ensure};
use clap::Parser;
use serde_json::Value;

/// Draws the time of look-up and decision against the size of the decks.
#[derive(Parser, Debug)]
struct Args {
    /// One JSON object a line, as `figures --sweep` prints them.
    points: std::path::PathBuf,
}

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 190.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 60.0;

/// A line of the plot: figure, name, colour.
const LINES: [(&str, &str, &str); 3] = [
    ("decision_ns", "whole decision", "#b4451f"),
    ("lcr_ns", "LCR look-up", "#1f6fb4"),
    ("chase_ns", "two dependent misses", "#777777"),
];

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let text = std::fs::read_to_string(&args.points).with_context(|| args.points.display().to_string())?;
    let mut points: Vec<Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    points.sort_by(|a, b| number(a, "prices").total_cmp(&number(b, "prices")));
    ensure!(points.len() >= 2, "a line needs two points");
    print!("{}", svg(&points)?);
    Ok(())
}

fn number(point: &Value, name: &str) -> f64 {
    point[name].as_f64().unwrap_or(f64::NAN)
}

/// Where prices and times are on the paper.
struct Axes {
    least: f64,
    most: f64,
    highest_ns: f64,
}

impl Axes {
    fn x(&self, prices: f64) -> f64 {
        let share = (prices.log10() - self.least) / (self.most - self.least);
        LEFT + share * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, ns: f64) -> f64 {
        HEIGHT - BOTTOM - ns / self.highest_ns * (HEIGHT - TOP - BOTTOM)
    }
}

fn svg(points: &[Value]) -> anyhow::Result<String> {
    let highest = points.iter().map(|point| number(point, "decision_ns")).fold(0.0, f64::max);
    let axes = Axes {
        least: number(&points[0], "prices").log10().floor(),
        most: number(&points[points.len() - 1], "prices").log10().ceil(),
        highest_ns: (highest / 500.0).ceil() * 500.0,
    };
    let mut out = String::new();
    writeln!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13">"#
    )?;
    writeln!(out, r#"<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>"#)?;
    writeln!(
        out,
        r#"<text x="{LEFT}" y="24" font-size="15">Time of one call against prices in the decks</text>"#
    )?;
    grid(&axes, &mut out)?;
    for (figure, name, colour) in LINES {
        line(points, figure, name, colour, &axes, &mut out)?;
    }
    out.push_str("</svg>\n");
    Ok(out)
}

fn grid(axes: &Axes, out: &mut String) -> std::fmt::Result {
    let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
    let mut ns = 0.0;
    while ns <= axes.highest_ns {
        let y = axes.y(ns);
        writeln!(out, r##"<path d="M{LEFT} {y:.1}H{right}" stroke="#dddddd"/>"##)?;
        writeln!(out, r#"<text x="{}" y="{:.1}" text-anchor="end">{ns}</text>"#, LEFT - 8.0, y + 4.0)?;
        ns += 500.0;
    }
    let mut power = axes.least;
    while power <= axes.most {
        let x = axes.x(10f64.powf(power));
        writeln!(out, r##"<path d="M{x:.1} {TOP}V{bottom}" stroke="#dddddd"/>"##)?;
        let label = ["10k", "100k", "1M", "10M", "100M"].get(power as usize - 4).copied().unwrap_or("");
        writeln!(out, r#"<text x="{x:.1}" y="{}" text-anchor="middle">{label}</text>"#, bottom + 20.0)?;
        power += 1.0;
    }
    writeln!(out, r#"<text x="{LEFT}" y="{}">prices</text>"#, HEIGHT - 16.0)?;
    writeln!(out, r#"<text x="16" y="{}" transform="rotate(-90 16 {0})">ns</text>"#, HEIGHT / 2.0)
}

fn line(
    points: &[Value],
    figure: &str,
    name: &str,
    colour: &str,
    axes: &Axes,
    out: &mut String,
) -> std::fmt::Result {
    let places: Vec<(f64, f64)> =
        points.iter().map(|point| (axes.x(number(point, "prices")), axes.y(number(point, figure)))).collect();
    let path: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    writeln!(
        out,
        r#"<polyline points="{}" fill="none" stroke="{colour}" stroke-width="2"/>"#,
        path.join(" ")
    )?;
    for (x, y) in &places {
        writeln!(out, r#"<circle cx="{x:.1}" cy="{y:.1}" r="3" fill="{colour}"/>"#)?;
    }
    let (x, y) = places[places.len() - 1];
    writeln!(out, r#"<text x="{:.1}" y="{:.1}" fill="{colour}">{name}</text>"#, x + 10.0, y + 4.0)
}
