//! What each of the two players has.

use serde::{Deserialize, Serialize};

/// One thing for each player: two networks, two losses, two lists of gradients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Players<P> {
    /// The generator's.
    pub generator: P,
    /// The discriminator's.
    pub discriminator: P,
}

impl<P> Players<P> {
    /// Something else of each, made from this.
    pub fn map<Q>(self, mut f: impl FnMut(P) -> Q) -> Players<Q> {
        Players { generator: f(self.generator), discriminator: f(self.discriminator) }
    }

    /// References to both.
    pub fn each_ref(&self) -> Players<&P> {
        Players { generator: &self.generator, discriminator: &self.discriminator }
    }

    /// References to both, to change them.
    pub fn each_mut(&mut self) -> Players<&mut P> {
        Players { generator: &mut self.generator, discriminator: &mut self.discriminator }
    }

    /// This one's and that one's, beside each other.
    pub fn zip<Q>(self, other: Players<Q>) -> Players<(P, Q)> {
        Players {
            generator: (self.generator, other.generator),
            discriminator: (self.discriminator, other.discriminator),
        }
    }
}

/// The generator's, then the discriminator's.
impl<P> IntoIterator for Players<P> {
    type Item = P;
    type IntoIter = std::array::IntoIter<P, 2>;

    fn into_iter(self) -> Self::IntoIter {
        [self.generator, self.discriminator].into_iter()
    }
}
