//! Looking at training changes nothing: not a byte of what small games of each kind come to. And these bytes stay what they
//! are from one version to the next.

mod bytes;
pub mod games;

use games::GAMES;
use std::collections::BTreeSet;
use twoplayer::autodiff::{Adjoint, Gradient, Part, Phase, View, Watch, Watcher};
use twoplayer::parallel;

/// Looks at everything, whenever it is told of anything.
#[derive(Default)]
struct Looker {
    /// The phases in which it saw nodes, and whose.
    phases: BTreeSet<String>,
    scopes: BTreeSet<String>,
    formulas: BTreeSet<String>,
    /// How often it saw an adjoint not yet known, not wanted and known.
    adjoints: [usize; 3],
    moved: BTreeSet<String>,
    parts: Vec<String>,
    terms: usize,
}

impl Looker {
    fn look(&mut self, tape: View<'_>) {
        if let Some(part) = self.parts.last().filter(|_| !tape.is_empty()) {
            self.phases.insert(part.clone());
        }
        for node in tape.nodes() {
            assert_eq!(node.value().shape(), node.shape());
            assert!(node.value().iter().all(|x| x.is_finite()), "{}", node.formula());
            self.scopes.extend(node.scope().filter(|scope| !self.scopes.contains(*scope)).map(str::to_owned));
            self.formulas.insert(node.formula());
            let state = match tape.adjoint(node.index()) {
                Adjoint::NotYet => 0,
                Adjoint::NotWanted => 1,
                Adjoint::Known(gradient) => {
                    assert_eq!(*gradient.value().shape(), *node.shape());
                    2
                }
            };
            self.adjoints[state] += 1;
        }
        if let Some(newest) = tape.len().checked_sub(1) {
            let middle = tape.node(newest).value().len() / 2;
            self.terms += tape.explain(newest, middle).most(3).terms.len();
        }
    }
}

impl Watch for Looker {
    fn begins(&mut self, part: Part<'_>, tape: View<'_>) {
        self.parts.push(format!("{:?} of {}", part.phase, part.networks.join(" and ")));
        self.look(tape);
    }

    fn ends(&mut self, part: Part<'_>, tape: View<'_>) {
        self.look(tape);
        self.parts.pop();
        if part.phase == Phase::Update {
            assert!(tape.is_empty(), "weights move when no tape holds them");
        }
    }

    fn applied(&mut self, tape: View<'_>, _: usize) {
        self.look(tape);
    }

    fn adjoint(&mut self, tape: View<'_>, _: usize) {
        self.look(tape);
    }

    fn gradients(&mut self, _: &str, tape: View<'_>, parameters: &[usize], gradients: &[Gradient]) {
        self.look(tape);
        for (&parameter, gradient) in parameters.iter().zip(gradients) {
            assert_eq!(*gradient.shape(), *tape.node(parameter).shape());
        }
    }

    fn summed(&mut self, _: &str, gradient: &Gradient) {
        assert!(gradient.value().iter().all(|x| x.is_finite()));
    }

    fn moved(&mut self, parameter: &str) {
        self.moved.insert(parameter.split('.').next().unwrap().to_owned());
    }
}

#[test]
fn to_look_at_everything_changes_no_byte() {
    for (name, game) in GAMES {
        let looker = Watcher::new(Looker::default());
        let play = |watchers: &[Watcher]| {
            let (trainer, scores) = games::played(game, 2, watchers);
            (games::bytes(&trainer), scores)
        };
        // As in training: on threads on which the smallest numbers are zero.
        let (alone, watched) = parallel::on_threads(1, || (play(&[]), play(&[looker.told()]))).unwrap();
        assert!(alone == watched, "{name}: {:?} and, watched, {:?}", alone.1, watched.1);

        let seen = looker.lock();
        let phase =
            |phase: &str, player: &str| seen.phases.iter().any(|seen| seen.starts_with(phase) && seen.contains(player));
        for player in ["generator", "discriminator"] {
            assert!(["Forward", "Backward"].iter().all(|part| phase(part, player)), "{name}: {:?}", seen.phases);
            assert!(seen.moved.contains(player) && seen.scopes.contains(&format!("{player}.0")), "{:?}", seen.scopes);
        }
        assert!(seen.scopes.contains("discriminator.2"), "{name}: {:?}", seen.scopes);
        assert!(seen.formulas.contains("discriminator.0.weight"), "{name}: {:?}", seen.formulas);
        assert!(seen.adjoints.iter().all(|&count| count > 0) && seen.terms > 100, "{name}: {:?}", seen.adjoints);
    }
}
