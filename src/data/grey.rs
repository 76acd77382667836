//! A grey picture of any size, as it comes from outside.

/// A grey picture of at least one pixel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grey {
    width: usize,
    height: usize,
    levels: Vec<u8>, // [height, width]
}

impl Grey {
    /// Makes a picture of `levels`, `[height, width]` in C order, 0 black to 255 white.
    ///
    /// # Panics
    /// When there is no pixel, or `levels` has another length.
    pub fn new(width: usize, height: usize, levels: Vec<u8>) -> Grey {
        assert!(width > 0 && height > 0, "Grey::new: a picture of {width} × {height} pixels has none");
        assert_eq!(levels.len(), width * height, "Grey::new: {} levels for {width} × {height}", levels.len());
        Grey { width, height, levels }
    }

    /// Columns; at least one.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows; at least one.
    pub fn height(&self) -> usize {
        self.height
    }

    /// All levels, `[height, width]` in C order, 0 black to 255 white.
    pub fn levels(&self) -> &[u8] {
        &self.levels
    }
}
