//! Where the engine stands: told of every operation and of every step, it goes on or waits, as the page has asked, and
//! answers while it waits.

mod answer;
mod obey;

use crate::autodiff::{Part, Phase, View};
use crate::gan::{Coin, Config, History, Session, Snapshot, StepEnd, UpdateRule, Warning};
use crate::lab::clinic::Clinic;
use crate::lab::edits::Edits;
use crate::lab::frame::{At, CoinLosses, Faces, Frame, Run, Scene};
use crate::lab::mailbox::{Letter, Mailbox, What};
use crate::lab::moment::{Moment, Place};
use crate::lab::story::Story;
use crate::lab::words::says;
use crate::nn::Network;
use crate::recognizer::Recognizer;
use std::cell::OnceCell;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Steps between two snapshots.
const EVERY: u64 = 25;
/// Bytes of snapshots.
const BUDGET: usize = 512 << 20;

/// What the engine does next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    /// Step after step.
    Play,
    /// To the next operation.
    Operation,
    /// To the next phase.
    Phase,
    /// To the end of a turn.
    Turn,
    /// To the end of the step.
    Step,
    /// Through steps that were made before, to this one.
    Replay(u64),
}

/// What can only be done between two sessions.
#[derive(Clone, Debug, PartialEq)]
pub enum Demand {
    /// To a step that was made before.
    Back(u64),
    /// The same step, with what the configuration is from here on.
    Rebuild,
    /// The game that the lab was started with.
    Leave,
    /// Another game, from its first step, to be played at once or not.
    Begin(Box<Config>, bool),
    /// An end.
    Quit,
}

/// What can be looked at.
#[derive(Clone, Copy)]
pub enum Look<'a> {
    /// The players, between two steps.
    Session(&'a Session<'a>),
    /// The tape, within one.
    Tape(View<'a>),
    /// Neither: a parameter has just been moved.
    Nothing,
}

/// The engine's place to wait at, and its memory of the run.
pub struct Desk {
    mailbox: Arc<Mailbox>,
    name: String,
    goal: Goal,
    /// What the session that runs is to end for.
    pub demand: Option<Demand>,
    /// What holds when.
    pub edits: Edits,
    /// Where one can go back to.
    pub history: History,
    parts: Vec<Place>,
    turns_taken: u64,
    step: u64,
    epoch: u64,
    newest: u64,
    story: Story,
    shown: Option<Shown>,
    before: Option<Snapshot>,
    rest: Duration,
    due: Instant,
    trouble: Option<String>,
    /// The name of what the lab was started with.
    own: String,
    clinic: Option<Clinic>,
    /// As the engine stands: the discriminator to judge pictures with.
    judge: Option<Network>,
    /// Read when it is first asked.
    recognizer: OnceCell<Recognizer>,
}

/// What stays the same from frame to frame, or from step to step.
struct Shown {
    run: Run,
    faces: Faces,
    coin: Option<Coin>,
    scene: Scene,
}

impl Desk {
    /// A desk for a run that has not begun; it plays.
    pub fn new(mailbox: Arc<Mailbox>, name: &str, config: Config, playing: bool) -> Self {
        Self {
            mailbox,
            name: name.into(),
            goal: if playing { Goal::Play } else { Goal::Step },
            demand: None,
            own: name.into(),
            clinic: None,
            judge: None,
            recognizer: OnceCell::new(),
            edits: Edits::of(config),
            history: History::new(BUDGET),
            parts: Vec::new(),
            turns_taken: 0,
            step: 0,
            epoch: 0,
            newest: 0,
            story: Story::default(),
            shown: None,
            before: None,
            rest: Duration::ZERO,
            due: Instant::now(),
            trouble: None,
        }
    }

    /// The session goes on from another step than it came to: whatever was shown is shown anew.
    pub fn turn_to(&mut self, step: u64) {
        (self.goal, self.shown, self.before, self.trouble) = (Goal::Replay(step), None, None, None);
    }

    /// Another run begins.
    pub fn begin(&mut self, config: Config, playing: bool) {
        self.edits = Edits::of(config);
        self.history = History::new(BUDGET);
        (self.story, self.newest) = (Story::default(), 0);
        (self.shown, self.before, self.trouble) = (None, None, None);
        self.goal = if playing { Goal::Play } else { Goal::Step };
    }

    /// The first step that one can go back to.
    fn oldest(&self) -> u64 {
        self.history.steps().next().unwrap_or(0)
    }

    /// A part of a step begins.
    pub fn begins(&mut self, part: Part<'_>) {
        self.parts.push(part.into());
    }

    /// It has ended.
    pub fn ends(&mut self, part: Part<'_>) {
        self.parts.pop();
        self.turns_taken += u64::from(part.phase == Phase::Update);
    }

    /// The part that is being made.
    pub fn part(&self) -> Place {
        self.parts.last().cloned().unwrap_or_else(|| Place { network: String::new(), phase: "forward" })
    }

    /// A step has been made.
    pub fn note(&mut self, end: &StepEnd<'_>) {
        self.epoch = end.epoch;
        self.story.note(end.step, end.scores);
    }

    /// Something looks wrong with the step at hand.
    pub fn warn(&mut self, warning: &Warning) {
        let step = self.step + 1;
        self.story.warn(step, warning);
        if self.clinic.as_mut().is_some_and(|clinic| clinic.hears(step, warning)) && self.goal == Goal::Play {
            self.goal = Goal::Step; // to be looked at
        }
    }

    /// Whether it was sent for one of these.
    pub fn goes_for(&self, goals: &[Goal]) -> bool {
        self.demand.is_none() && goals.contains(&self.goal)
    }

    /// All that belongs to a step is done.
    pub fn between_steps(&mut self, session: &Session<'_>) -> ControlFlow<()> {
        self.step = session.step();
        self.newest = self.newest.max(self.step);
        self.parts.clear();
        self.turns_taken = 0;
        let last = self.history.steps().last();
        if last.is_none_or(|last| self.step > last && self.step.is_multiple_of(EVERY)) {
            self.history.keep(session.snapshot());
        }
        if self.mailbox.is_closed() {
            self.demand = Some(Demand::Quit);
        } else if self.demand.is_none() && session.config() != self.edits.at(self.step) {
            self.demand = Some(Demand::Rebuild);
        }
        if self.demand.is_some() {
            return ControlFlow::Break(());
        }
        match self.goal {
            Goal::Replay(step) if self.step < step => {}
            Goal::Play => self.play_on(session),
            _ => self.stand_between_steps(session),
        }
        if self.demand.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Stands at the end of a step until it is told to leave.
    pub fn stand_between_steps(&mut self, session: &Session<'_>) {
        self.judge = Some(session.trainer().discriminator().clone());
        self.stand(&Moment::Step, Look::Session(session));
        self.before = (self.goal != Goal::Play).then(|| session.snapshot());
    }

    /// Training has failed here.
    pub fn note_trouble(&mut self, trouble: &str) {
        self.trouble = Some(trouble.into());
        self.goal = Goal::Step;
    }

    /// Another game could not be begun here.
    pub fn cannot_begin(&mut self, why: &str) {
        (self.name, self.clinic) = (self.own.clone(), None);
        self.note_trouble(why);
    }

    /// Goes on if nobody says otherwise, no faster than asked.
    fn play_on(&mut self, session: &Session<'_>) {
        if self.mailbox.wants_frame() {
            self.publish(&Moment::Step, Look::Session(session));
        }
        if !self.mailbox.is_watched() {
            return self.stand_between_steps(session);
        }
        let due = self.due;
        loop {
            while let Some(letter) = self.mailbox.take() {
                if self.handle(letter, Look::Session(session)) && self.goal != Goal::Play {
                    self.before = Some(session.snapshot());
                }
            }
            if self.demand.is_some() || self.mailbox.is_closed() || self.goal != Goal::Play || Instant::now() >= due {
                break;
            }
            self.mailbox.wait(Some(due));
        }
        self.due = due.max(Instant::now()) + self.rest;
    }

    /// Shows where it stands, and waits to be sent on.
    pub fn stand(&mut self, moment: &Moment, look: Look<'_>) {
        self.goal = Goal::Step; // whatever it was, it has been reached
        self.publish(moment, look);
        loop {
            self.mailbox.wait(None);
            if self.mailbox.is_closed() {
                self.demand = Some(Demand::Quit);
                return;
            }
            while let Some(letter) = self.mailbox.take() {
                if self.handle(letter, look) {
                    return;
                }
            }
        }
    }

    /// Does what a letter says; gives whether that ends a wait.
    fn handle(&mut self, letter: Letter, look: Look<'_>) -> bool {
        let (answer, leaves) = match letter.what {
            What::Question(question) => (self.answer(&question, look), false),
            What::Command(command) => match self.obey(command, matches!(look, Look::Session(_))) {
                Ok(leaves) => (Ok(br#"{"ok":true}"#.to_vec()), leaves),
                Err(refusal) => (Err(refusal), false),
            },
        };
        let _ = letter.reply.send(answer); // whoever asked may have gone
        leaves
    }

    /// Lets the page see where the engine stands.
    fn publish(&mut self, moment: &Moment, look: Look<'_>) {
        if let Look::Session(session) = look {
            let shown = self.shown.take();
            let faces = shown.map_or_else(|| Faces::of(session), |shown| shown.faces);
            self.shown = Some(Shown {
                run: Run::of(session, &self.name, !self.edits.is_empty()),
                coin: session.config().training.rules().of_a_coin(),
                scene: Scene::of(session, &faces),
                faces,
            });
        }
        let Some(shown) = &self.shown else { return };
        let scores = self.story.at(self.step);
        let config = self.edits.at(self.step);
        let trouble = self.trouble.clone();
        let says = trouble.unwrap_or_else(|| says(config.training.objective, shown.coin.as_ref(), scores.as_ref()));
        let turn = (*moment != Moment::Step).then(|| self.whose_turn(config));
        self.mailbox.publish(|number| {
            let frame = Frame {
                number,
                run: &shown.run,
                at: At {
                    step: self.step,
                    epoch: self.epoch,
                    playing: self.goal == Goal::Play,
                    moment: moment.clone(),
                    turn,
                    oldest: self.oldest(),
                    newest: self.newest,
                },
                scores: scores.map(Into::into),
                coin: shown
                    .coin
                    .as_ref()
                    .map(|coin| CoinLosses { d_loss: coin.losses.discriminator, g_loss: coin.losses.generator }),
                curve: self.story.curve(self.step),
                scene: &shown.scene,
                says,
                warnings: self.story.warnings(self.step),
                clinic: self.clinic.as_ref().map(Clinic::shown),
            };
            serde_json::to_vec(&frame).expect("plain values")
        });
    }

    fn whose_turn(&self, config: &Config) -> &'static str {
        match config.training.update {
            UpdateRule::Simultaneous => "both",
            UpdateRule::Alternating if self.turns_taken < config.training.critic_steps => "discriminator",
            UpdateRule::Alternating => "generator",
        }
    }
}
