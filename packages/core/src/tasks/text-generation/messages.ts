/** JSON Schema as a caller wrote it: data, never followed outside itself. */
export type JsonSchema = Readonly<Record<string, unknown>> | boolean;

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON text, as the model wrote it. */
  readonly arguments: string;
}

/** A tool a model may call: it is told of it, and whoever asked calls it. */
export interface Tool {
  readonly name: string;
  readonly description?: string | undefined;
  readonly parameters: JsonSchema;
}

/** One turn of a chat. Its text is text: what looks like a control token in it is spelt out, never obeyed. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string;
  /** Of the assistant. */
  readonly toolCalls?: readonly ToolCall[] | undefined;
  /** Of a tool's answer. */
  readonly toolCallId?: string | undefined;
}
