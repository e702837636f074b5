use maud::{Markup, html};

/// A part of the page: a title, the one figure to look at, and what is under them.
pub(super) struct Card<'a> {
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    /// The figure of now.
    pub(super) big: String,
    pub(super) unit: &'a str,
}

impl Card<'_> {
    pub(super) fn around(&self, content: &Markup) -> Markup {
        let head = format!("{}-head", self.id);
        html! {
            section .card id=(self.id) aria-labelledby=(head) {
                header {
                    h2 id=(head) { (self.title) }
                    p .now { strong { (self.big) } " " span { (self.unit) } }
                }
                (content)
            }
        }
    }
}
