// Every key of the page, once: what the keyboard does, what `?` shows and what docs/review.md prints.
import * as decide from './decide';
import type { Desk } from './desk.svelte';
import { settings } from './settings.svelte';

export interface Binding {
  keys: string[]; // as KeyboardEvent.key says them; "Ctrl+z" with a modifier
  shown: string;
  text: string;
  group: 'Decide' | 'Boxes' | 'Go' | 'See' | 'Page';
  run: (desk: Desk, page: Page, key: string) => void;
}

/** What the view does itself. */
export interface Page {
  help(): void;
  list(): void;
  log(): void;
  annotate(): void;
  zoom(factor: number): void;
  escape(): void;
  nextDeployment(): void;
}

const digits = ['1', '2', '3', '4', '5', '6', '7', '8', '9'];

export const bindings: Binding[] = [
  { keys: ['Enter'], shown: 'Enter', group: 'Decide', text: 'Looked: that is all in this frame. Counts for the certificate, then goes on', run: decide.looked },
  { keys: [' '], shown: 'Space', group: 'Decide', text: 'All right: accept every open box of this taxon here, then as Enter', run: decide.allRight },
  { keys: ['Backspace'], shown: 'Backspace', group: 'Decide', text: 'None right: R on every open box of this taxon here, then as Enter', run: decide.noneRight },
  { keys: ['a', 'A'], shown: 'A', group: 'Decide', text: 'Accept the chosen track', run: decide.accept },
  { keys: ['r'], shown: 'R', group: 'Decide', text: 'Reject the chosen track; where it is doubtful: not this animal here', run: decide.reject },
  { keys: ['R'], shown: 'Shift R', group: 'Decide', text: 'Reject the whole track, doubtful or not', run: decide.rejectWhole },
  { keys: ['N'], shown: 'Shift N', group: 'Decide', text: 'Not this animal here: the box goes, the rest of its track stays', run: decide.absent },
  { keys: ['u', 'U'], shown: 'U', group: 'Decide', text: 'Unsure about the chosen track', run: decide.unsure },
  { keys: digits, shown: '1 to 9', group: 'Decide', text: 'It is the taxon with this number', run: (desk, _, key) => decide.relabelByKey(desk, Number(key)) },
  { keys: ['t', 'T', '/'], shown: 'T', group: 'Decide', text: 'It is another taxon: type part of any of its names', run: decide.askTaxon },
  { keys: ['c', 'C'], shown: 'C', group: 'Decide', text: 'So many in this frame, without boxes', run: decide.count },
  { keys: ['f', 'F'], shown: 'F', group: 'Decide', text: 'Flag for a second opinion, or take the flag away', run: decide.flag },
  { keys: ['o', 'O'], shown: 'O', group: 'Decide', text: 'Note on this frame', run: decide.note },
  { keys: ['z', 'Ctrl+z', 'Meta+z'], shown: 'Z', group: 'Decide', text: 'Undo, as often as you like', run: decide.undo },
  { keys: ['Z', 'Ctrl+y', 'Ctrl+Z', 'Meta+Z'], shown: 'Shift Z', group: 'Decide', text: 'Do again what was undone', run: decide.redo },

  { keys: ['ArrowDown'], shown: '↓', group: 'Boxes', text: 'Choose the next box in the frame', run: (desk) => desk.choose(1) },
  { keys: ['ArrowUp'], shown: '↑', group: 'Boxes', text: 'Choose the box before', run: (desk) => desk.choose(-1) },
  { keys: ['b', 'B'], shown: 'B', group: 'Boxes', text: 'Add a box: drag, or arrows, Shift with arrows, Enter', run: decide.draw },
  { keys: ['e', 'E'], shown: 'E', group: 'Boxes', text: 'Edit the chosen box: handles, or arrows, Shift with arrows, Enter', run: decide.edit },
  { keys: ['Delete'], shown: 'Delete', group: 'Boxes', text: 'Remove the chosen box that a person drew', run: decide.remove },
  { keys: ['s', 'S'], shown: 'S', group: 'Boxes', text: 'Split the track: from this frame on it is another animal', run: decide.split },
  { keys: ['m', 'M'], shown: 'M', group: 'Boxes', text: 'Merge: first one track, then the other that is the same animal', run: decide.merge },
  { keys: ['q'], shown: 'Q', group: 'Boxes', text: 'The same animal? One: merge the two that lie on one another here', run: decide.oneAnimal },
  { keys: ['Q'], shown: 'Shift Q', group: 'Boxes', text: 'The same animal? Two animals: it is not asked again', run: decide.twoAnimals },

  { keys: ['n'], shown: 'N', group: 'Go', text: 'The frame that matters most now', run: (desk) => desk.next() },
  { keys: ['g', 'G'], shown: 'G', group: 'Go', text: 'The next two boxes that lie on one another: the same animal?', run: (desk) => desk.ask() },
  { keys: ['p', 'P'], shown: 'P', group: 'Go', text: 'Back to where you were', run: (desk) => desk.back() },
  { keys: ['ArrowRight'], shown: '→', group: 'Go', text: 'A frame later', run: (desk) => desk.goTo(desk.frame + 1) },
  { keys: ['ArrowLeft'], shown: '←', group: 'Go', text: 'A frame earlier', run: (desk) => desk.goTo(desk.frame - 1) },
  { keys: ['Shift+ArrowRight', 'PageDown'], shown: 'Shift →', group: 'Go', text: 'Ten frames later', run: (desk) => desk.goTo(desk.frame + 10) },
  { keys: ['Shift+ArrowLeft', 'PageUp'], shown: 'Shift ←', group: 'Go', text: 'Ten frames earlier', run: (desk) => desk.goTo(desk.frame - 10) },
  { keys: ['Home'], shown: 'Home', group: 'Go', text: 'First frame', run: (desk) => desk.goTo(0) },
  { keys: ['End'], shown: 'End', group: 'Go', text: 'Last frame', run: (desk) => desk.goTo(desk.frames - 1) },
  { keys: ['x', 'X'], shown: 'X', group: 'Go', text: 'The queue: this taxon alone, or all of them', run: (desk) => desk.focusOn(desk.taxon, desk.only === '') },

  { keys: ['v', 'V'], shown: 'V', group: 'See', text: 'Play the video around this frame', run: (desk) => void (desk.clip = !desk.clip) },
  { keys: ['+', '='], shown: '+', group: 'See', text: 'Closer; the wheel does it too, a drag moves the picture', run: (_, page) => page.zoom(1.25) },
  { keys: ['-', '_'], shown: '-', group: 'See', text: 'Further', run: (_, page) => page.zoom(0.8) },
  { keys: ['0'], shown: '0', group: 'See', text: 'All of the picture', run: (_, page) => page.zoom(0) },
  { keys: ['w', 'W'], shown: 'W', group: 'See', text: 'Take the water out: half, whole, not', run: () => settings.cycleWater() },
  { keys: [']'], shown: ']', group: 'See', text: 'Brighter', run: () => settings.step('brightness', 0.1) },
  { keys: ['['], shown: '[', group: 'See', text: 'Darker', run: () => settings.step('brightness', -0.1) },
  { keys: ['}'], shown: '}', group: 'See', text: 'More contrast', run: () => settings.step('contrast', 0.1) },
  { keys: ['{'], shown: '{', group: 'See', text: 'Less contrast', run: () => settings.step('contrast', -0.1) },
  { keys: ['h', 'H'], shown: 'H', group: 'See', text: 'Hide or show the boxes', run: () => void (settings.boxes = !settings.boxes) },
  { keys: ['i', 'I'], shown: 'I', group: 'See', text: 'Show unlikely boxes too, or not', run: () => void (settings.faint = settings.faint > 0 ? 0 : 0.1) },
  { keys: ['y', 'Y'], shown: 'Y', group: 'See', text: 'The picture alone, as large as the window', run: () => void (settings.wide = !settings.wide) },

  { keys: ['d', 'D'], shown: 'D', group: 'Page', text: 'All deployments', run: (_, page) => page.list() },
  { keys: ['j', 'J'], shown: 'J', group: 'Page', text: 'Next deployment that needs looking', run: (_, page) => page.nextDeployment() },
  { keys: ['k', 'K'], shown: 'K', group: 'Page', text: 'Annotate: key frames and proposals; again to go back', run: (_, page) => page.annotate() },
  { keys: ['l', 'L'], shown: 'L', group: 'Page', text: 'What was said about this deployment', run: (_, page) => page.log() },
  { keys: ['?'], shown: '?', group: 'Page', text: 'These keys', run: (_, page) => page.help() },
  { keys: ['Escape'], shown: 'Esc', group: 'Page', text: 'Leave what is open', run: (_, page) => page.escape() },
];

/** The name of a key press as bindings write it. Shift is part of a letter, and told apart for the rest. */
export function pressed(e: KeyboardEvent): string {
  const mod = e.ctrlKey ? 'Ctrl+' : e.metaKey ? 'Meta+' : e.altKey ? 'Alt+' : '';
  const shift = e.shiftKey && e.key.startsWith('Arrow') ? 'Shift+' : '';
  return mod + shift + e.key;
}

const table = new Map(bindings.flatMap((b) => b.keys.map((k) => [k, b] as const)));

export const bindingOf = (key: string) => table.get(key);

/** Typing belongs to a field; Enter and Space to a control that was reached by Tab. */
export function taken(e: KeyboardEvent): boolean {
  const at = e.target;
  if (!(at instanceof HTMLElement)) return false;
  if (at.closest('dialog, [role=dialog]')) return true;
  if (at instanceof HTMLTextAreaElement || at instanceof HTMLSelectElement) return true;
  if (at instanceof HTMLInputElement) return at.type !== 'range' && at.type !== 'checkbox' ? true : e.key.startsWith('Arrow') || e.key === ' ';
  return (e.key === 'Enter' || e.key === ' ') && at.matches('button:focus-visible, a:focus-visible, summary:focus-visible');
}
