// The sign of each kind of media, as the path of an icon of 24 by 24.

export const GLYPHS = {
  image: "M4 5h16v14H4zM4 16l5-5 4 4 2.5-2.5L20 17",
  video: "M4 5h16v14H4zM10 9l5 3-5 3z",
  audio: "M9 18V6l10-2v12M9 18a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0M19 16a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0",
  album: "M4 8h13v12H4zM7 8V4h13v12h-3",
  other: "M6 3h8l4 4v14H6zM14 3v4h4",
};
