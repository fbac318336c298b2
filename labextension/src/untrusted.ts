/**
 * Treat all content in the page as untrusted: no mark, no setting and no click can change that.
 *
 * JupyterLab runs scripts of trusted outputs in the page itself, with all permissions of the person
 * at the page. A mark in the notebook decides which outputs are trusted, and everybody who writes
 * in the notebook can set it. Here the page never runs such scripts; outputs with scripts are shown
 * in frames (`frames.ts`). This module patches JupyterLab's classes, which its extensions use too,
 * before any object is made.
 */

import { CommandLinker } from '@jupyterlab/apputils';
import { CellModel } from '@jupyterlab/cells';
import { type MimeDocument, MimeDocumentFactory } from '@jupyterlab/docregistry';
import { OutputArea } from '@jupyterlab/outputarea';
import { RenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { FRAMED, frame } from './frames';
import { guard, WIDGET } from './widgets';

const HTML = 'text/html';
const SVG = 'image/svg+xml';
const VEGA = /^application\/vnd\.vega(lite)?\.v\d+\+json$/;
/** The options of a vega plot that its author may set. */
const VEGA_OPTIONS = ['renderer', 'theme'];
/** Only export: the other actions write the plot's source unescaped into a same-origin window. */
const VEGA_ACTIONS = { export: true, source: false, compiled: false, editor: false };

type Json = ReadonlyPartialJSONObject;

/** Remove a vega plot's options that only the page may set: URLs, texts with HTML, loaders. */
function tamed(model: IRenderMime.IMimeModel, mimeType: string): PropertyDescriptorMap {
  const { usermeta: _, ...spec } = (model.data[mimeType] ?? {}) as Json;
  const given = (model.metadata[mimeType] ?? {}) as Json;
  const wanted = (given.embed_options ?? {}) as Json;
  const options = Object.fromEntries(
    VEGA_OPTIONS.filter((name) => typeof wanted[name] === 'string').map((name) => [
      name,
      wanted[name]
    ])
  );
  const actions = wanted.actions === false ? false : VEGA_ACTIONS;
  return {
    data: { value: { ...model.data, [mimeType]: spec } },
    metadata: {
      value: {
        ...model.metadata,
        [mimeType]: { ...given, embed_options: { ...options, actions } }
      }
    },
    // The renderer would store a picture of the plot in the model; drop it.
    setData: { value: () => undefined }
  };
}

/**
 * Return a view of a model that is marked as untrusted.
 *
 * An SVG picture stays marked as trusted, because JupyterLab shows only trusted ones. This is safe:
 * JupyterLab shows it as an `img`, which runs no scripts and loads nothing.
 */
function untrusted(model: IRenderMime.IMimeModel, mimeType: string): IRenderMime.IMimeModel {
  const changed = VEGA.test(mimeType) ? tamed(model, mimeType) : {};
  return Object.create(model, {
    // Set data in the model itself, not in the view: otherwise a renderer that looks for its data in
    // the model would set it again without end.
    setData: { value: model.setData.bind(model) },
    ...changed,
    trusted: { value: mimeType === SVG }
  });
}

/** Make a renderer treat every model as untrusted. */
function doubt(renderer: IRenderMime.IRenderer, mimeType: string): void {
  const render = renderer.renderModel;
  renderer.renderModel = (model, ...rest) =>
    render.call(renderer, untrusted(model, mimeType), ...(rest as []));
}

/** Upstream's factory of file views that use a renderer. */
interface IMimeFactory {
  createNewWidget(...args: unknown[]): MimeDocument;
}

/** Patch JupyterLab's classes; call this before JupyterLab makes any object. */
export function distrust(): void {
  const registry = RenderMimeRegistry.prototype;

  const prefer = registry.preferredMimeType;
  // An unsafe renderer is only dangerous for trusted models, and there are none.
  registry.preferredMimeType = function (bundle) {
    return prefer.call(this, bundle, 'any');
  };

  const create = registry.createRenderer;
  registry.createRenderer = function (mimeType) {
    if (FRAMED.includes(mimeType)) {
      return frame(mimeType, this.sanitizer, null);
    }
    const made = create.call(this, mimeType);
    doubt(made, mimeType);
    if (mimeType === WIDGET) {
      guard(made, this.sanitizer);
    }
    return mimeType === HTML ? frame(mimeType, this.sanitizer, made) : made;
  };

  const add = registry.addFactory;
  registry.addFactory = function (factory, ...rest) {
    add.call(this, factory, ...rest);
    if (factory.mimeTypes.includes(WIDGET)) {
      // Each notebook's widget renderer has its own manager. Guard it before its first message, not
      // only when its first widget is shown.
      this.createRenderer(WIDGET).dispose();
    }
  };

  // Files that an extension's renderer shows: they don't use a registry.
  const documents = MimeDocumentFactory.prototype as unknown as IMimeFactory;
  const open = documents.createNewWidget;
  documents.createNewWidget = function (...args) {
    const made = open.apply(this, args);
    doubt(made.content.renderer, made.content.mimeType);
    return made;
  };

  Object.defineProperty(CellModel.prototype, 'trusted', {
    configurable: true,
    get: () => false,
    set: () => undefined
  });

  // JupyterLab's isolated outputs, which are frames in the page's own origin.
  (OutputArea as { isIsolated: unknown }).isIsolated = () => false;

  // Elements that run a command of the page when they are clicked.
  CommandLinker.prototype.handleEvent = () => undefined;
}
