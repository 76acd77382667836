//! What has been seen of the run so far.

use crate::gan::{Scores, Warning};

/// Points of a curve that a page is shown.
const POINTS: usize = 400;
/// Warnings that a page is shown.
const WARNINGS: usize = 5;

/// Losses and warnings, step by step.
#[derive(Clone, Debug, Default)]
pub struct Story {
    scores: Vec<(u64, Scores)>,
    warnings: Vec<(u64, String)>,
}

impl Story {
    /// Notes the scores of a step. If they are not those that it had, later ones are of another run.
    pub fn note(&mut self, step: u64, scores: Scores) {
        if self.at(step) != Some(scores) {
            self.scores.truncate(self.scores.partition_point(|&(noted, _)| noted < step));
            self.scores.push((step, scores));
        }
    }

    /// Notes a warning.
    pub fn warn(&mut self, step: u64, warning: &Warning) {
        let line = warning.to_string();
        if !self.warnings.iter().any(|(_, noted)| *noted == line) {
            self.warnings.push((step, line));
        }
    }

    /// The scores of all steps up to this one that are known.
    pub fn until(&self, step: u64) -> &[(u64, Scores)] {
        &self.scores[..self.scores.partition_point(|&(noted, _)| noted <= step)]
    }

    /// The last step that was noted, or 0.
    pub fn newest(&self) -> u64 {
        self.scores.last().map_or(0, |&(step, _)| step)
    }

    /// Forgets what comes after a step.
    pub fn forget_after(&mut self, step: u64) {
        self.scores.retain(|&(noted, _)| noted <= step);
        self.warnings.retain(|&(noted, _)| noted <= step);
    }

    /// The scores of a step, if it was made.
    pub fn at(&self, step: u64) -> Option<Scores> {
        let place = self.scores.binary_search_by_key(&step, |&(noted, _)| noted).ok()?;
        Some(self.scores[place].1)
    }

    /// Steps with both losses, up to this step: the last one, and so many before it, at even distances.
    pub fn curve(&self, until: u64) -> Vec<(u64, f64, f64)> {
        let seen = self.until(until);
        let every = seen.len().div_ceil(POINTS).max(1);
        let mut points: Vec<_> = seen.iter().rev().step_by(every).collect();
        points.reverse();
        points.iter().map(|(step, scores)| (*step, scores.discriminator_loss, scores.generator_loss)).collect()
    }

    /// The last warnings up to a step, the newest last.
    pub fn warnings(&self, until: u64) -> Vec<&str> {
        let seen: Vec<&str> =
            self.warnings.iter().filter(|&&(noted, _)| noted <= until).map(|(_, line)| &**line).collect();
        seen[seen.len().saturating_sub(WARNINGS)..].to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_ends_at_the_last_step_and_is_short() {
        let mut story = Story::default();
        let scores = |x| Scores { discriminator_loss: x, generator_loss: -x, real: 0.5, fake: 0.5, reading: None };
        (1..=1000).for_each(|step| story.note(step, scores(step as f64)));
        let curve = story.curve(1000);
        assert!(curve.len() <= POINTS && curve.len() > POINTS / 2, "{}", curve.len());
        assert_eq!(curve.last(), Some(&(1000, 1000.0, -1000.0)));
        assert_eq!(story.curve(10).len(), 10);
        story.note(500, scores(500.0));
        assert_eq!(story.newest(), 1000, "the same again");
        story.note(500, scores(0.0));
        assert_eq!(story.curve(9999).last(), Some(&(500, 0.0, 0.0)));
        assert_eq!((story.at(499).map(|s| s.discriminator_loss), story.at(501)), (Some(499.0), None));
    }
}
