/** A decision of the server on a capture. */
export type Decision = 'live' | 'spoof' | 'cannot_assess';

/** What the element is doing. */
export type CaptureState = 'idle' | 'starting' | 'guiding' | 'capturing' | 'sending' | 'paused' | 'done' | 'failed';

/** One reason of an answer; code is stable, such as FACE_TOO_SMALL. */
export interface Reason {
  code: string;
  message: string;
  hint: string;
  blocking: boolean;
  value: number;
  limit: number;
  unit: string;
}

/** The answer of POST /v1/liveness/frames; the server's /openapi.json describes all of it. */
export interface FramesAnswer {
  request_id: string;
  decision: Decision;
  /** 0 to 1; null when no frame was assessed. */
  score: number | null;
  threshold: number;
  policy: string;
  reasons: Reason[];
  /** The frame of the highest quality, from 0; -1 when none was assessed. */
  best: number;
  frames: unknown[];
}

export type StateEvent = CustomEvent<{ state: CaptureState }>;
/** What is shown and announced, in the element's language; code names it independently of the language. */
export type GuidanceEvent = CustomEvent<{ code: string; text: string }>;
/** The decision with the whole answer and the frames that were sent, as JPEG files. */
export type ResultEvent = CustomEvent<{ decision: Decision; answer: FramesAnswer; frames: Blob[] }>;
/**
 * Why a capture ended without a decision: camera_refused, camera_missing, camera_in_use, camera_insecure, camera_lost, timeout,
 * unreachable, or the code of the server's problem detail.
 */
export type ErrorEvent = CustomEvent<{ code: string; detail: string }>;

export interface BonafideCaptureEventMap {
  'bonafide-state': StateEvent;
  'bonafide-guidance': GuidanceEvent;
  'bonafide-result': ResultEvent;
  'bonafide-error': ErrorEvent;
}

/** Attributes: server, policy, profile, language, frames. */
export class BonafideCapture extends HTMLElement {
  /** Sent as X-API-Key; empty for none. */
  apiKey: string;
  readonly state: CaptureState;
  readonly server: URL;
  readonly language: string;
  readonly frames: number;
  /** Ends a capture, lets go of the camera and asks for consent again. */
  cancel(): void;
  addEventListener<K extends keyof BonafideCaptureEventMap>(
    type: K, listener: (event: BonafideCaptureEventMap[K]) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
}

declare global {
  interface HTMLElementTagNameMap {
    'bonafide-capture': BonafideCapture;
  }
}
