//! `top` on a terminal: the tables of each look, until `q`, Esc or Ctrl-C. Arrows move through limits and routes.

use std::time::{Duration, Instant};

use ratatui::Frame;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::widgets::{Block, Row, Table};

use super::tables::{Shown, Tables};
use crate::clock;
use crate::look::{Look, Observer};

/// Shows looks until the user has seen enough. The terminal is put back whatever happens.
pub(super) fn run(observer: &mut Observer, interval: Duration) -> anyhow::Result<()> {
    let mut terminal = ratatui::try_init()?;
    let shown = show(&mut terminal, observer, interval);
    ratatui::restore();
    shown
}

fn show(
    terminal: &mut ratatui::DefaultTerminal,
    observer: &mut Observer,
    interval: Duration,
) -> anyhow::Result<()> {
    let state = observer.state().display().to_string();
    let mut before = observer.look(clock::now())?;
    let mut look = before.clone();
    let (mut skip, mut next_look) = (0, Instant::now() + interval);
    loop {
        terminal.draw(|frame| draw(frame, &state, &look, &before, skip))?;
        match wait(next_look)? {
            Some(Key::Quit) => return Ok(()),
            Some(Key::Down) => skip += 1,
            Some(Key::Up) => skip = skip.saturating_sub(1),
            None => {
                before = std::mem::replace(&mut look, observer.look(clock::now())?);
                next_look = Instant::now() + interval;
            }
        }
    }
}

/// What the user wants.
enum Key {
    Quit,
    Down,
    Up,
}

/// Waits for a key that means something; none when it is time for the next look.
fn wait(until: Instant) -> std::io::Result<Option<Key>> {
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || !event::poll(left)? {
            return Ok(None);
        }
        match event::read()? {
            Event::Key(pressed) if pressed.kind != KeyEventKind::Release => {
                if let Some(key) = meaning(pressed) {
                    return Ok(Some(key));
                }
            }
            _ => {}
        }
    }
}

fn meaning(pressed: KeyEvent) -> Option<Key> {
    match pressed.code {
        KeyCode::Char('c') if pressed.modifiers.contains(KeyModifiers::CONTROL) => Some(Key::Quit),
        KeyCode::Char('q') | KeyCode::Esc => Some(Key::Quit),
        KeyCode::Down | KeyCode::Char('j') => Some(Key::Down),
        KeyCode::Up | KeyCode::Char('k') => Some(Key::Up),
        _ => None,
    }
}

fn draw(frame: &mut Frame<'_>, state: &str, look: &Look, before: &Look, skip: usize) {
    let tables = Tables::of(look, before);
    let [node, rejects, limits, routes] = tables.all();
    let height = u16::try_from(node.2.len()).unwrap_or(u16::MAX).saturating_add(2);
    let [head, below] =
        Layout::vertical([Constraint::Length(height), Constraint::Min(6)]).areas(frame.area());
    let [left, right] =
        Layout::horizontal([Constraint::Percentage(60), Constraint::Percentage(40)]).areas(head);
    let [middle, bottom] =
        Layout::vertical([Constraint::Percentage(50), Constraint::Percentage(50)]).areas(below);
    let title = format!("Node {state}: q leaves, arrows scroll");
    draw_table(frame, left, (title.as_str(), &[], node.2), &[26, 100], 0);
    draw_table(frame, right, rejects, &[28, 12, 10], 0);
    draw_table(frame, middle, limits, &[11, 28, 22, 12, 12, 6], skip);
    draw_table(frame, bottom, routes, &[24, 6, 5, 22, 22, 20, 20], skip);
}

fn draw_table(
    frame: &mut Frame<'_>,
    area: Rect,
    (title, header, rows): Shown<'_>,
    widths: &[u16],
    skip: usize,
) {
    let skip = skip.min(rows.len().saturating_sub(1));
    let body = rows.iter().skip(skip).map(|row| {
        let is_alarm = row.iter().any(|cell| cell.contains("ALARM"));
        let style = if is_alarm { Style::new().fg(Color::Red) } else { Style::new() };
        Row::new(row.iter().map(String::as_str)).style(style)
    });
    let mut table = Table::new(body, widths.iter().map(|width| Constraint::Max(*width)))
        .block(Block::bordered().title(title));
    if !header.is_empty() {
        table = table.header(Row::new(header.to_vec()).style(Style::new().add_modifier(Modifier::BOLD)));
    }
    frame.render_widget(table, area);
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use rating_core::reject::Reason;
    use rating_node::{Config, Node};

    use super::*;
    use crate::plan::read_dir;

    #[test]
    fn a_screen_shows_every_table() {
        let dir = tempfile::tempdir().unwrap();
        let plan =
            read_dir(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/wholesale"))).unwrap().plan;
        let snapshot = dir.path().join("plan.snapshot");
        std::fs::write(&snapshot, rating_core::snapshot::write::compile(&plan, 1_780_272_000).unwrap())
            .unwrap();
        let config = Config { snapshot, state: dir.path().join("state"), calls_max: 64 };
        let _node = Node::attach(&config).unwrap();
        let mut observer = Observer::open(&config.state).unwrap();
        let mut before = observer.look(clock::now()).unwrap();
        before.now.monotonic_ns -= 2_000_000_000;
        let mut look = observer.look(clock::now()).unwrap();
        look.now.monotonic_ns = before.now.monotonic_ns + 2_000_000_000;
        look.stats.admitted = 7;
        look.stats.rejected = vec![(Reason::CpsExceeded, 3)];

        let mut terminal = Terminal::new(TestBackend::new(140, 50)).unwrap();
        terminal.draw(|frame| draw(frame, "node.state", &look, &before, 0)).unwrap();
        let text = terminal.backend().to_string();
        // 7 and 3 in two seconds.
        for words in [
            "calls a second             5.0",
            "cps_exceeded",
            "1.5",
            "agent",
            "ALARM: never seen",
            "Limits",
            "Routes",
        ] {
            assert!(text.contains(words), "{words:?} in\n{text}");
        }
        // Scrolled past everything, it still shows the last row.
        terminal.draw(|frame| draw(frame, "node.state", &look, &before, 999)).unwrap();
    }
}
