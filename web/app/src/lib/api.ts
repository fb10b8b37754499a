// One way to the server. An error says what went wrong and what to do, in the server's words where it has any.
import type { Agreement, Answer, Deployment, LogEntry, Me, Next, Row, Suggestion, Taxon } from './types';

export class ApiError extends Error {
  constructor(
    readonly status: number, // 0: the server did not answer
    message: string,
  ) {
    super(message);
  }
  get gone(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503;
  }
}

let csrf = '';

export function setCSRF(value: string): void {
  csrf = value;
}

async function ask<T>(path: string, init?: RequestInit): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(path, { credentials: 'same-origin', cache: 'no-store', ...init });
  } catch {
    throw new ApiError(0, 'The server does not answer.');
  }
  const text = await answer.text();
  let body: unknown = null;
  try {
    body = text === '' ? null : JSON.parse(text);
  } catch {
    throw new ApiError(answer.ok ? 500 : answer.status, `The server's answer to ${path} cannot be read.`);
  }
  if (!answer.ok) {
    const said = (body as { error?: string } | null)?.error;
    throw new ApiError(answer.status, said ?? `${path}: ${answer.status} ${answer.statusText}`);
  }
  return body as T;
}

export function post<T>(path: string, body: unknown): Promise<T> {
  return ask<T>(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Requin-CSRF': csrf },
    body: JSON.stringify(body),
  });
}

const of = (op: string) => `api/deployments/${encodeURIComponent(op)}`;

function query(fields: Record<string, string | number | undefined>): string {
  const q = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined && value !== '') q.set(name, String(value));
  const text = q.toString();
  return text === '' ? '' : '?' + text;
}

export const me = () => ask<Me>('api/me');
export const login = (name: string, password: string) => post<unknown>('api/login', { name, password });
export const taxa = () => ask<Taxon[]>('api/taxa');
export const deployments = () => ask<Row[]>('api/deployments');
export const deployment = (op: string) => ask<Deployment>(of(op));
export const queue = (op: string, taxon: string, n: number) => ask<Next[]>(of(op) + '/queue' + query({ taxon, n }));
export const next = (op: string, taxon: string, after: number, by: 'queue' | 'time', back: boolean) =>
  ask<Next>(of(op) + '/next' + query({ taxon, after, by, back: back ? 1 : undefined }));
export const log = (op: string) => ask<LogEntry[]>(of(op) + '/log');
export const agreement = () => ask<Agreement>('api/agreement');
export const suggest = (n: number) => ask<Suggestion[]>('api/annotate/suggest' + query({ n }));
export const buildDataset = (name: string) => post<{ message: string }>('api/dataset', { name });

export const verdictPath = (op: string, what: 'verdicts' | 'undo' | 'redo') => `${of(op)}/${what}`;
export const keyframesPath = (op: string) => `api/annotate/${encodeURIComponent(op)}/keyframes`;
export const frameURL = (op: string, i: number, w: number) => `${of(op)}/frames/${i}.jpg?w=${w}`;
export const clipURL = (op: string, at: number, length: number) => `${of(op)}/clip.mp4?at=${at.toFixed(3)}&length=${length}`;

export const questions = () => ask<string[]>('api/questions');
export const answer = (question: string) => ask<Answer>(`api/ask?q=${encodeURIComponent(question)}`);
