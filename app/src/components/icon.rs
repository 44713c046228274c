//! A handful of strokes of our own, on a 16-pixel grid. An icon never stands alone: a word beside it says the same.

use leptos::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    Bell,
    Check,
    Copy,
    Down,
    Next,
    Previous,
    Up,
    Warning,
}

impl Icon {
    const fn path(self) -> &'static str {
        match self {
            Self::Bell => "M3 12h10c-1.25-1-1.75-2.25-1.75-5a3.25 3.25 0 0 0-6.5 0C4.75 9.75 4.25 11 3 12zM6.75 14h2.5",
            Self::Check => "M3 8.5 6.5 12 13 4.5",
            Self::Copy => "M6 6h7v7H6zM10 6V3H3v7h3",
            Self::Down => "M8 3v10M4 9l4 4 4-4",
            Self::Next => "M3 8h10M9 4l4 4-4 4",
            Self::Previous => "M13 8H3M7 4 3 8l4 4",
            Self::Up => "M8 13V3M4 7l4-4 4 4",
            Self::Warning => "M8 2 14.5 13.5h-13zM8 6.5v3.25M8 11.6v.1",
        }
    }

    pub fn view(self) -> impl IntoView {
        view! {
            <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
                <path d=self.path()/>
            </svg>
        }
    }
}
