// What the server says and takes: docs/formats/review-api.md.

/** x1, y1, x2, y2 in pixels of the full picture. */
export type Box = [number, number, number, number];

/** Index of the frame, its box, the model's score there. */
export type Point = [number, number, number, number, number, number];

export interface Me {
  name: string;
  csrf: string;
  blind: boolean;
  users: string[];
  risk: number;
  goal?: number; // under which the risk has to be for a certificate: less, for what the model of it may have wrong
  survey_limit?: number; // chance that any certificate of the survey is wrong; 0 or none: not asked for
  version: string;
  survey: string;
  survey_id: string; // tells surveys of one name apart
}

export interface Taxon {
  name: string;
  common: string;
  synonyms: string[];
  studied: boolean;
  key: number;
}

export interface TaxonState {
  taxon: string;
  machine: number | null;
  confirmed: number;
  risk: number;
  certified: boolean;
  estimate: number | null; // it and the interval: null where no frame was looked at
  low: number | null;
  high: number | null;
  ahead?: string; // how many looks the certificate takes, in words
  statement: string;
  looked: number;
  calibrated?: boolean; // the model's scores were measured; otherwise they are taken as they are
  measured?: boolean; // how much the model misses was measured; otherwise it is assumed
  assumed?: boolean; // interval and risk rest on that assumption: not where every frame was looked at
  basis?: string; // both in words, and which classes it was combined from
  status?: Status; // '' or none where it is not known yet
  withheld?: boolean; // certified by itself, but the survey's limit has no room for it
  gain?: number; // by how much the next look lowers the risk, as a mean, where the survey has a limit
  twice?: number; // pairs of confirmed animals that lie on one another, of which nobody said whether they are one
}

export type Status = '' | 'machine' | 'reviewed' | 'certified' | 'disputed';

export interface Row {
  opcode: string;
  state: string;
  frames: number;
  looked: number;
  duration_s: number;
  unreadable_s: number;
  taxa: TaxonState[];
  reviewers: string[];
  flags: number;
  disputes?: Dispute[];
  error?: string; // why it cannot be reviewed
  pending?: boolean; // its risk is being worked out
}

export type TrackState = 'open' | 'accepted' | 'rejected' | 'unsure';

export interface Track {
  id: string;
  taxon: string;
  machine_taxon: string;
  p: number;
  state: TrackState;
  flagged: boolean;
  by: string;
  note?: string;
  points: Point[];
  drawn: boolean;
  keys?: Key[]; // of a drawn one
  doubtful?: string; // why "no" is said of this frame alone; none: it is said of the whole track
  denied?: number[]; // frames in which somebody said that this animal is not there
}

export interface Drawn {
  id: string;
  frame: number;
  taxon: string;
  box: Box;
  by: string;
  track: string;
}

export interface FrameVerdict {
  frame: number;
  kind: string; // looked, count, flag or note
  by: string;
  taxon?: string;
  n?: number;
  note?: string;
}

/** Two confirmed animals of one taxon that lie on one another: the same animal? */
export interface Twice {
  a: string; // ids of tracks or boxes
  b: string;
  frame: number; // where they overlap most
  frames: number; // in how many they do
  iou: number;
  taxon: string;
}

/** What two readers contradict each other in, and nobody settled. */
export interface Dispute {
  over: 'track' | 'here' | 'same' | 'number';
  taxa: string[];
  frame: number; // to look at
  frames: number[]; // that it concerns
  track?: string;
  with?: string;
  a: { who: string; kind: string };
  b: { who: string; kind: string };
  text: string;
  box?: Box; // the one that was denied
}

export interface Gap {
  from_s: number;
  to_s: number;
  reason: string;
}

export interface Counts {
  machine: number[] | null;
  confirmed: number[];
}

export interface Deployment {
  opcode: string;
  w: number;
  h: number;
  every_s: number;
  period: { from_s: number; to_s: number };
  frames: number[];
  gaps: Gap[];
  clip: 'direct' | 'proxy';
  tracks: Track[];
  looked: number[];
  boxes: Drawn[];
  frame_verdicts: FrameVerdict[];
  taxa: TaxonState[];
  counts: Record<string, Counts>;
  twice: Twice[];
  disputes: Dispute[];
  seconds: Second[];
  seq: number;
  can_undo: boolean;
  can_redo: boolean;
  locked_by: string | null;
}

export interface Next {
  frame: number;
  taxon: string;
  tracks: string[];
  reason: string;
  risk: number;
  done: boolean;
  audit?: boolean; // the numbers are asked before any box is shown
  again?: boolean; // the same, of a frame that one looked at before
}

/** A second look that gave another number: which is right? */
export interface Second {
  frame: number;
  taxon: string;
  first: number;
  second: number;
  by: string;
}

export interface Key {
  frame: number;
  box: Box;
  outside?: boolean;
}

/** What a person said. The server's kinds, one for one. */
export type Verdict =
  | { kind: 'accept'; track: string; taxon?: string }
  | { kind: 'reject'; track: string; frame?: number } // the frame at which it was said
  | { kind: 'absent'; track: string; frame: number } // not this animal here
  | { kind: 'relabel'; track: string; taxon: string }
  | { kind: 'unsure'; track: string }
  | { kind: 'flag' | 'unflag'; track?: string; frame?: number; note?: string }
  | { kind: 'add'; frame: number; taxon: string; box: Box; track?: string }
  | { kind: 'edit'; box_id?: string; track?: string; frame?: number; box: Box }
  | { kind: 'delete'; box_id: string }
  | { kind: 'split'; track: string; frame: number }
  | { kind: 'merge' | 'apart'; track: string; with: string }
  | { kind: 'looked'; frame: number; taxa: string[] }
  | { kind: 'count'; frame: number; taxon: string; n: number; blind?: boolean; again?: boolean }
  | { kind: 'note'; frame: number; text: string };

export interface Said {
  seq: number;
  deployment: Deployment;
}

export interface LogEntry {
  id: number | string;
  kind: string;
  by: string;
  at: string;
  before: unknown;
  after: unknown;
  undone: boolean;
  text: string;
}

export interface Pair {
  a: string;
  b: string;
  opcode: string;
  taxon: string;
  n: number;
  percent: number | null;
  kappa: number | null;
  maxn_a: number;
  maxn_b: number;
  kappa_low: number | null;
  kappa_high: number | null;
  prevalence_index: number | null;
  bias_index: number | null;
  pabak: number | null;
  too_few: boolean; // for an interval
}

export interface Disagreement extends Dispute {
  opcode: string;
}

export interface Agreement {
  pairs: Pair[];
  disagreements: Disagreement[];
}

export interface Answer {
  question: string;
  understood_as: string;
  number: number; // of the question it was taken for; 0: one of its own
  name?: string;
  status: string;
  answer: string;
  evidence: { source: string; field?: string; state?: string; quote: string }[] | null;
  notes?: string[];
}

export interface Suggestion {
  opcode: string;
  frame: number;
  reason: string;
  score: number;
}
