/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

// Common aliases
const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError;

// Exported root namespace
const $root = $protobuf.roots["default"] || ($protobuf.roots["default"] = {});

export const retrovisor = $root.retrovisor = (() => {

    /**
     * Namespace retrovisor.
     * @exports retrovisor
     * @namespace
     */
    const retrovisor = {};

    retrovisor.Header = (function() {

        /**
         * Properties of a Header.
         * @typedef {Object} retrovisor.Header.$Properties
         * @property {string|null} [writer] Header writer
         * @property {retrovisor.Guest.$Properties|null} [guest] Header guest
         * @property {number|Long|null} [hashSpacing] Header hashSpacing
         * @property {Array.<string>|null} [quirks] Header quirks
         * @property {Array.<retrovisor.Image.$Properties>|null} [images] Header images
         * @property {string|null} [engine] Header engine
         * @property {Array.<string>|null} [uncontrolled] Header uncontrolled
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Header.
         * @memberof retrovisor
         * @interface IHeader
         * @augments retrovisor.Header.$Properties
         * @deprecated Use retrovisor.Header.$Properties instead.
         */

        /**
         * Shape of a Header.
         * @typedef {retrovisor.Header.$Properties} retrovisor.Header.$Shape
         */

        /**
         * Constructs a new Header.
         * @memberof retrovisor
         * @classdesc Represents a Header.
         * @constructor
         * @param {retrovisor.Header.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Header = function (properties) {
            this.quirks = [];
            this.images = [];
            this.uncontrolled = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Header writer.
         * @member {string} writer
         * @memberof retrovisor.Header
         * @instance
         */
        Header.prototype.writer = "";

        /**
         * Header guest.
         * @member {retrovisor.Guest.$Properties|null|undefined} guest
         * @memberof retrovisor.Header
         * @instance
         */
        Header.prototype.guest = null;

        /**
         * Header hashSpacing.
         * @member {number|Long} hashSpacing
         * @memberof retrovisor.Header
         * @instance
         */
        Header.prototype.hashSpacing = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Header quirks.
         * @member {Array.<string>} quirks
         * @memberof retrovisor.Header
         * @instance
         */
        Header.prototype.quirks = $util.emptyArray;

        /**
         * Header images.
         * @member {Array.<retrovisor.Image.$Properties>} images
         * @memberof retrovisor.Header
         * @instance
         */
        Header.prototype.images = $util.emptyArray;

        /**
         * Header engine.
         * @member {string} engine
         * @memberof retrovisor.Header
         * @instance
         */
        Header.prototype.engine = "";

        /**
         * Header uncontrolled.
         * @member {Array.<string>} uncontrolled
         * @memberof retrovisor.Header
         * @instance
         */
        Header.prototype.uncontrolled = $util.emptyArray;

        /**
         * Encodes the specified Header message. Does not implicitly {@link retrovisor.Header.verify|verify} messages.
         * @function encode
         * @memberof retrovisor.Header
         * @static
         * @param {retrovisor.Header.$Properties} message Header message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Header.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.writer != null && $Object.hasOwnProperty.call(message, "writer") && message.writer !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.writer);
            if (message.guest != null && $Object.hasOwnProperty.call(message, "guest"))
                $root.retrovisor.Guest.encode(message.guest, writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
            if (message.hashSpacing != null && $Object.hasOwnProperty.call(message, "hashSpacing") && (typeof message.hashSpacing === "object" ? message.hashSpacing.low || message.hashSpacing.high : message.hashSpacing !== 0))
                writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.hashSpacing);
            if (message.quirks != null && message.quirks.length)
                for (let i = 0; i < message.quirks.length; ++i)
                    writer.uint32(/* id 4, wireType 2 =*/34).string(message.quirks[i]);
            if (message.images != null && message.images.length)
                for (let i = 0; i < message.images.length; ++i)
                    $root.retrovisor.Image.encode(message.images[i], writer.uint32(/* id 5, wireType 2 =*/42).fork(), _depth + 1).ldelim();
            if (message.engine != null && $Object.hasOwnProperty.call(message, "engine") && message.engine !== "")
                writer.uint32(/* id 6, wireType 2 =*/50).string(message.engine);
            if (message.uncontrolled != null && message.uncontrolled.length)
                for (let i = 0; i < message.uncontrolled.length; ++i)
                    writer.uint32(/* id 7, wireType 2 =*/58).string(message.uncontrolled[i]);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Header message from the specified reader or buffer.
         * @function decode
         * @memberof retrovisor.Header
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {retrovisor.Header & retrovisor.Header.$Shape} Header
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Header.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.retrovisor.Header();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.writer = value;
                        else
                            delete message.writer;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.guest = $root.retrovisor.Guest.decode(reader, reader.size(), $undefined, _depth + 1, message.guest);
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.hashSpacing = value;
                        else
                            delete message.hashSpacing;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if (!(message.quirks && message.quirks.length))
                            message.quirks = [];
                        message.quirks.push(reader.stringVerify());
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if (!(message.images && message.images.length))
                            message.images = [];
                        message.images.push($root.retrovisor.Image.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.engine = value;
                        else
                            delete message.engine;
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        if (!(message.uncontrolled && message.uncontrolled.length))
                            message.uncontrolled = [];
                        message.uncontrolled.push(reader.stringVerify());
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Header;
    })();

    retrovisor.Guest = (function() {

        /**
         * Properties of a Guest.
         * @typedef {Object} retrovisor.Guest.$Properties
         * @property {string|null} [name] Guest name
         * @property {number|Long|null} [memoryBytes] Guest memoryBytes
         * @property {string|null} [cpuModel] Guest cpuModel
         * @property {string|null} [rtcBase] Guest rtcBase
         * @property {string|null} [append] Guest append
         * @property {string|null} [bootFormat] Guest bootFormat
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Guest.
         * @memberof retrovisor
         * @interface IGuest
         * @augments retrovisor.Guest.$Properties
         * @deprecated Use retrovisor.Guest.$Properties instead.
         */

        /**
         * Shape of a Guest.
         * @typedef {retrovisor.Guest.$Properties} retrovisor.Guest.$Shape
         */

        /**
         * Constructs a new Guest.
         * @memberof retrovisor
         * @classdesc Represents a Guest.
         * @constructor
         * @param {retrovisor.Guest.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Guest = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Guest name.
         * @member {string} name
         * @memberof retrovisor.Guest
         * @instance
         */
        Guest.prototype.name = "";

        /**
         * Guest memoryBytes.
         * @member {number|Long} memoryBytes
         * @memberof retrovisor.Guest
         * @instance
         */
        Guest.prototype.memoryBytes = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Guest cpuModel.
         * @member {string} cpuModel
         * @memberof retrovisor.Guest
         * @instance
         */
        Guest.prototype.cpuModel = "";

        /**
         * Guest rtcBase.
         * @member {string} rtcBase
         * @memberof retrovisor.Guest
         * @instance
         */
        Guest.prototype.rtcBase = "";

        /**
         * Guest append.
         * @member {string} append
         * @memberof retrovisor.Guest
         * @instance
         */
        Guest.prototype.append = "";

        /**
         * Guest bootFormat.
         * @member {string} bootFormat
         * @memberof retrovisor.Guest
         * @instance
         */
        Guest.prototype.bootFormat = "";

        /**
         * Encodes the specified Guest message. Does not implicitly {@link retrovisor.Guest.verify|verify} messages.
         * @function encode
         * @memberof retrovisor.Guest
         * @static
         * @param {retrovisor.Guest.$Properties} message Guest message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Guest.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.name);
            if (message.memoryBytes != null && $Object.hasOwnProperty.call(message, "memoryBytes") && (typeof message.memoryBytes === "object" ? message.memoryBytes.low || message.memoryBytes.high : message.memoryBytes !== 0))
                writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.memoryBytes);
            if (message.cpuModel != null && $Object.hasOwnProperty.call(message, "cpuModel") && message.cpuModel !== "")
                writer.uint32(/* id 3, wireType 2 =*/26).string(message.cpuModel);
            if (message.rtcBase != null && $Object.hasOwnProperty.call(message, "rtcBase") && message.rtcBase !== "")
                writer.uint32(/* id 4, wireType 2 =*/34).string(message.rtcBase);
            if (message.append != null && $Object.hasOwnProperty.call(message, "append") && message.append !== "")
                writer.uint32(/* id 5, wireType 2 =*/42).string(message.append);
            if (message.bootFormat != null && $Object.hasOwnProperty.call(message, "bootFormat") && message.bootFormat !== "")
                writer.uint32(/* id 6, wireType 2 =*/50).string(message.bootFormat);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Guest message from the specified reader or buffer.
         * @function decode
         * @memberof retrovisor.Guest
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {retrovisor.Guest & retrovisor.Guest.$Shape} Guest
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Guest.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.retrovisor.Guest();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.name = value;
                        else
                            delete message.name;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.memoryBytes = value;
                        else
                            delete message.memoryBytes;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.cpuModel = value;
                        else
                            delete message.cpuModel;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.rtcBase = value;
                        else
                            delete message.rtcBase;
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.append = value;
                        else
                            delete message.append;
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.bootFormat = value;
                        else
                            delete message.bootFormat;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Guest;
    })();

    retrovisor.Image = (function() {

        /**
         * Properties of an Image.
         * @typedef {Object} retrovisor.Image.$Properties
         * @property {string|null} [role] Image role
         * @property {string|null} [name] Image name
         * @property {number|Long|null} [size] Image size
         * @property {Uint8Array|null} [sha256] Image sha256
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Image.
         * @memberof retrovisor
         * @interface IImage
         * @augments retrovisor.Image.$Properties
         * @deprecated Use retrovisor.Image.$Properties instead.
         */

        /**
         * Shape of an Image.
         * @typedef {retrovisor.Image.$Properties} retrovisor.Image.$Shape
         */

        /**
         * Constructs a new Image.
         * @memberof retrovisor
         * @classdesc Represents an Image.
         * @constructor
         * @param {retrovisor.Image.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Image = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Image role.
         * @member {string} role
         * @memberof retrovisor.Image
         * @instance
         */
        Image.prototype.role = "";

        /**
         * Image name.
         * @member {string} name
         * @memberof retrovisor.Image
         * @instance
         */
        Image.prototype.name = "";

        /**
         * Image size.
         * @member {number|Long} size
         * @memberof retrovisor.Image
         * @instance
         */
        Image.prototype.size = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Image sha256.
         * @member {Uint8Array} sha256
         * @memberof retrovisor.Image
         * @instance
         */
        Image.prototype.sha256 = $util.newBuffer([]);

        /**
         * Encodes the specified Image message. Does not implicitly {@link retrovisor.Image.verify|verify} messages.
         * @function encode
         * @memberof retrovisor.Image
         * @static
         * @param {retrovisor.Image.$Properties} message Image message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Image.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.role != null && $Object.hasOwnProperty.call(message, "role") && message.role !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.role);
            if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.name);
            if (message.size != null && $Object.hasOwnProperty.call(message, "size") && (typeof message.size === "object" ? message.size.low || message.size.high : message.size !== 0))
                writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.size);
            if (message.sha256 != null && $Object.hasOwnProperty.call(message, "sha256") && message.sha256.length)
                writer.uint32(/* id 4, wireType 2 =*/34).bytes(message.sha256);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Image message from the specified reader or buffer.
         * @function decode
         * @memberof retrovisor.Image
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {retrovisor.Image & retrovisor.Image.$Shape} Image
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Image.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.retrovisor.Image();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.role = value;
                        else
                            delete message.role;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.name = value;
                        else
                            delete message.name;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.size = value;
                        else
                            delete message.size;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.sha256 = value;
                        else
                            delete message.sha256;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Image;
    })();

    retrovisor.ImagePiece = (function() {

        /**
         * Properties of an ImagePiece.
         * @typedef {Object} retrovisor.ImagePiece.$Properties
         * @property {Uint8Array|null} [sha256] ImagePiece sha256
         * @property {number|Long|null} [offset] ImagePiece offset
         * @property {Uint8Array|null} [data] ImagePiece data
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an ImagePiece.
         * @memberof retrovisor
         * @interface IImagePiece
         * @augments retrovisor.ImagePiece.$Properties
         * @deprecated Use retrovisor.ImagePiece.$Properties instead.
         */

        /**
         * Shape of an ImagePiece.
         * @typedef {retrovisor.ImagePiece.$Properties} retrovisor.ImagePiece.$Shape
         */

        /**
         * Constructs a new ImagePiece.
         * @memberof retrovisor
         * @classdesc Represents an ImagePiece.
         * @constructor
         * @param {retrovisor.ImagePiece.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const ImagePiece = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * ImagePiece sha256.
         * @member {Uint8Array} sha256
         * @memberof retrovisor.ImagePiece
         * @instance
         */
        ImagePiece.prototype.sha256 = $util.newBuffer([]);

        /**
         * ImagePiece offset.
         * @member {number|Long} offset
         * @memberof retrovisor.ImagePiece
         * @instance
         */
        ImagePiece.prototype.offset = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * ImagePiece data.
         * @member {Uint8Array} data
         * @memberof retrovisor.ImagePiece
         * @instance
         */
        ImagePiece.prototype.data = $util.newBuffer([]);

        /**
         * Encodes the specified ImagePiece message. Does not implicitly {@link retrovisor.ImagePiece.verify|verify} messages.
         * @function encode
         * @memberof retrovisor.ImagePiece
         * @static
         * @param {retrovisor.ImagePiece.$Properties} message ImagePiece message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        ImagePiece.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.sha256 != null && $Object.hasOwnProperty.call(message, "sha256") && message.sha256.length)
                writer.uint32(/* id 1, wireType 2 =*/10).bytes(message.sha256);
            if (message.offset != null && $Object.hasOwnProperty.call(message, "offset") && (typeof message.offset === "object" ? message.offset.low || message.offset.high : message.offset !== 0))
                writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.offset);
            if (message.data != null && $Object.hasOwnProperty.call(message, "data") && message.data.length)
                writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.data);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an ImagePiece message from the specified reader or buffer.
         * @function decode
         * @memberof retrovisor.ImagePiece
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {retrovisor.ImagePiece & retrovisor.ImagePiece.$Shape} ImagePiece
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        ImagePiece.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.retrovisor.ImagePiece();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.sha256 = value;
                        else
                            delete message.sha256;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.offset = value;
                        else
                            delete message.offset;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.data = value;
                        else
                            delete message.data;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return ImagePiece;
    })();

    retrovisor.Boot = (function() {

        /**
         * Properties of a Boot.
         * @typedef {Object} retrovisor.Boot.$Properties
         * @property {retrovisor.Registers.$Properties|null} [registers] Boot registers
         * @property {Array.<retrovisor.RamWrite.$Properties>|null} [writes] Boot writes
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Boot.
         * @memberof retrovisor
         * @interface IBoot
         * @augments retrovisor.Boot.$Properties
         * @deprecated Use retrovisor.Boot.$Properties instead.
         */

        /**
         * Shape of a Boot.
         * @typedef {retrovisor.Boot.$Properties} retrovisor.Boot.$Shape
         */

        /**
         * Constructs a new Boot.
         * @memberof retrovisor
         * @classdesc Represents a Boot.
         * @constructor
         * @param {retrovisor.Boot.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Boot = function (properties) {
            this.writes = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Boot registers.
         * @member {retrovisor.Registers.$Properties|null|undefined} registers
         * @memberof retrovisor.Boot
         * @instance
         */
        Boot.prototype.registers = null;

        /**
         * Boot writes.
         * @member {Array.<retrovisor.RamWrite.$Properties>} writes
         * @memberof retrovisor.Boot
         * @instance
         */
        Boot.prototype.writes = $util.emptyArray;

        /**
         * Encodes the specified Boot message. Does not implicitly {@link retrovisor.Boot.verify|verify} messages.
         * @function encode
         * @memberof retrovisor.Boot
         * @static
         * @param {retrovisor.Boot.$Properties} message Boot message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Boot.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.registers != null && $Object.hasOwnProperty.call(message, "registers"))
                $root.retrovisor.Registers.encode(message.registers, writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
            if (message.writes != null && message.writes.length)
                for (let i = 0; i < message.writes.length; ++i)
                    $root.retrovisor.RamWrite.encode(message.writes[i], writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Boot message from the specified reader or buffer.
         * @function decode
         * @memberof retrovisor.Boot
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {retrovisor.Boot & retrovisor.Boot.$Shape} Boot
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Boot.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.retrovisor.Boot();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        message.registers = $root.retrovisor.Registers.decode(reader, reader.size(), $undefined, _depth + 1, message.registers);
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if (!(message.writes && message.writes.length))
                            message.writes = [];
                        message.writes.push($root.retrovisor.RamWrite.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Boot;
    })();

    retrovisor.RamWrite = (function() {

        /**
         * Properties of a RamWrite.
         * @typedef {Object} retrovisor.RamWrite.$Properties
         * @property {number|Long|null} [gpa] RamWrite gpa
         * @property {Uint8Array|null} [literal] RamWrite literal
         * @property {retrovisor.ImageRange.$Properties|null} [image] RamWrite image
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a RamWrite.
         * @memberof retrovisor
         * @interface IRamWrite
         * @augments retrovisor.RamWrite.$Properties
         * @deprecated Use retrovisor.RamWrite.$Properties instead.
         */

        /**
         * Shape of a RamWrite.
         * @typedef {retrovisor.RamWrite.$Properties} retrovisor.RamWrite.$Shape
         */

        /**
         * Constructs a new RamWrite.
         * @memberof retrovisor
         * @classdesc Represents a RamWrite.
         * @constructor
         * @param {retrovisor.RamWrite.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const RamWrite = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * RamWrite gpa.
         * @member {number|Long} gpa
         * @memberof retrovisor.RamWrite
         * @instance
         */
        RamWrite.prototype.gpa = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * RamWrite literal.
         * @member {Uint8Array} literal
         * @memberof retrovisor.RamWrite
         * @instance
         */
        RamWrite.prototype.literal = $util.newBuffer([]);

        /**
         * RamWrite image.
         * @member {retrovisor.ImageRange.$Properties|null|undefined} image
         * @memberof retrovisor.RamWrite
         * @instance
         */
        RamWrite.prototype.image = null;

        /**
         * Encodes the specified RamWrite message. Does not implicitly {@link retrovisor.RamWrite.verify|verify} messages.
         * @function encode
         * @memberof retrovisor.RamWrite
         * @static
         * @param {retrovisor.RamWrite.$Properties} message RamWrite message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        RamWrite.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.gpa != null && $Object.hasOwnProperty.call(message, "gpa") && (typeof message.gpa === "object" ? message.gpa.low || message.gpa.high : message.gpa !== 0))
                writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.gpa);
            if (message.literal != null && $Object.hasOwnProperty.call(message, "literal") && message.literal.length)
                writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.literal);
            if (message.image != null && $Object.hasOwnProperty.call(message, "image"))
                $root.retrovisor.ImageRange.encode(message.image, writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a RamWrite message from the specified reader or buffer.
         * @function decode
         * @memberof retrovisor.RamWrite
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {retrovisor.RamWrite & retrovisor.RamWrite.$Shape} RamWrite
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        RamWrite.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.retrovisor.RamWrite();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.gpa = value;
                        else
                            delete message.gpa;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.literal = value;
                        else
                            delete message.literal;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        message.image = $root.retrovisor.ImageRange.decode(reader, reader.size(), $undefined, _depth + 1, message.image);
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return RamWrite;
    })();

    retrovisor.ImageRange = (function() {

        /**
         * Properties of an ImageRange.
         * @typedef {Object} retrovisor.ImageRange.$Properties
         * @property {Uint8Array|null} [sha256] ImageRange sha256
         * @property {number|Long|null} [offset] ImageRange offset
         * @property {number|Long|null} [length] ImageRange length
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an ImageRange.
         * @memberof retrovisor
         * @interface IImageRange
         * @augments retrovisor.ImageRange.$Properties
         * @deprecated Use retrovisor.ImageRange.$Properties instead.
         */

        /**
         * Shape of an ImageRange.
         * @typedef {retrovisor.ImageRange.$Properties} retrovisor.ImageRange.$Shape
         */

        /**
         * Constructs a new ImageRange.
         * @memberof retrovisor
         * @classdesc Represents an ImageRange.
         * @constructor
         * @param {retrovisor.ImageRange.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const ImageRange = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * ImageRange sha256.
         * @member {Uint8Array} sha256
         * @memberof retrovisor.ImageRange
         * @instance
         */
        ImageRange.prototype.sha256 = $util.newBuffer([]);

        /**
         * ImageRange offset.
         * @member {number|Long} offset
         * @memberof retrovisor.ImageRange
         * @instance
         */
        ImageRange.prototype.offset = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * ImageRange length.
         * @member {number|Long} length
         * @memberof retrovisor.ImageRange
         * @instance
         */
        ImageRange.prototype.length = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Encodes the specified ImageRange message. Does not implicitly {@link retrovisor.ImageRange.verify|verify} messages.
         * @function encode
         * @memberof retrovisor.ImageRange
         * @static
         * @param {retrovisor.ImageRange.$Properties} message ImageRange message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        ImageRange.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.sha256 != null && $Object.hasOwnProperty.call(message, "sha256") && message.sha256.length)
                writer.uint32(/* id 1, wireType 2 =*/10).bytes(message.sha256);
            if (message.offset != null && $Object.hasOwnProperty.call(message, "offset") && (typeof message.offset === "object" ? message.offset.low || message.offset.high : message.offset !== 0))
                writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.offset);
            if (message.length != null && $Object.hasOwnProperty.call(message, "length") && (typeof message.length === "object" ? message.length.low || message.length.high : message.length !== 0))
                writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.length);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an ImageRange message from the specified reader or buffer.
         * @function decode
         * @memberof retrovisor.ImageRange
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {retrovisor.ImageRange & retrovisor.ImageRange.$Shape} ImageRange
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        ImageRange.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.retrovisor.ImageRange();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.sha256 = value;
                        else
                            delete message.sha256;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.offset = value;
                        else
                            delete message.offset;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.length = value;
                        else
                            delete message.length;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return ImageRange;
    })();

    retrovisor.Registers = (function() {

        /**
         * Properties of a Registers.
         * @typedef {Object} retrovisor.Registers.$Properties
         * @property {Array.<number|Long>|null} [gpr] Registers gpr
         * @property {number|Long|null} [rip] Registers rip
         * @property {number|Long|null} [rflags] Registers rflags
         * @property {Array.<retrovisor.Segment.$Properties>|null} [segments] Registers segments
         * @property {retrovisor.Segment.$Properties|null} [ldtr] Registers ldtr
         * @property {retrovisor.Segment.$Properties|null} [tr] Registers tr
         * @property {retrovisor.TableRegister.$Properties|null} [gdtr] Registers gdtr
         * @property {retrovisor.TableRegister.$Properties|null} [idtr] Registers idtr
         * @property {number|Long|null} [cr0] Registers cr0
         * @property {number|Long|null} [cr2] Registers cr2
         * @property {number|Long|null} [cr3] Registers cr3
         * @property {number|Long|null} [cr4] Registers cr4
         * @property {Array.<number|Long>|null} [dr] Registers dr
         * @property {number|Long|null} [efer] Registers efer
         * @property {number|Long|null} [fsBase] Registers fsBase
         * @property {number|Long|null} [gsBase] Registers gsBase
         * @property {number|Long|null} [kernelGsBase] Registers kernelGsBase
         * @property {Array.<number|Long>|null} [xmm] Registers xmm
         * @property {number|null} [mxcsr] Registers mxcsr
         * @property {Array.<number|Long>|null} [x87Significand] Registers x87Significand
         * @property {Array.<number>|null} [x87SignExponent] Registers x87SignExponent
         * @property {number|null} [fcw] Registers fcw
         * @property {number|null} [fsw] Registers fsw
         * @property {number|null} [ftw] Registers ftw
         * @property {number|Long|null} [fip] Registers fip
         * @property {number|Long|null} [fdp] Registers fdp
         * @property {number|null} [fop] Registers fop
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Registers.
         * @memberof retrovisor
         * @interface IRegisters
         * @augments retrovisor.Registers.$Properties
         * @deprecated Use retrovisor.Registers.$Properties instead.
         */

        /**
         * Shape of a Registers.
         * @typedef {retrovisor.Registers.$Properties} retrovisor.Registers.$Shape
         */

        /**
         * Constructs a new Registers.
         * @memberof retrovisor
         * @classdesc Represents a Registers.
         * @constructor
         * @param {retrovisor.Registers.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Registers = function (properties) {
            this.gpr = [];
            this.segments = [];
            this.dr = [];
            this.xmm = [];
            this.x87Significand = [];
            this.x87SignExponent = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Registers gpr.
         * @member {Array.<number|Long>} gpr
         * @memberof retrovisor.Registers
         * @instance
         */
        Registers.prototype.gpr = $util.emptyArray;

        /**
         * Registers rip.
         * @member {number|Long} rip
         * @memberof retrovisor.Registers
         * @instance
         */
        Registers.prototype.rip = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Registers rflags.
         * @member {number|Long} rflags
         * @memberof retrovisor.Registers
         * @instance
         */
        Registers.prototype.rflags = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Registers segments.
         * @member {Array.<retrovisor.Segment.$Properties>} segments
         * @memberof retrovisor.Registers
         * @instance
         */
        Registers.prototype.segments = $util.emptyArray;

        /**
         * Registers ldtr.
         * @member {retrovisor.Segment.$Properties|null|undefined} ldtr
         * @memberof retrovisor.Registers
         * @instance
         */
        Registers.prototype.ldtr = null;

        /**
         * Registers tr.
         * @member {retrovisor.Segment.$Properties|null|undefined} tr
         * @memberof retrovisor.Registers
         * @instance
         */
        Registers.prototype.tr = null;

        /**
         * Registers gdtr.
         * @member {retrovisor.TableRegister.$Properties|null|undefined} gdtr
         * @memberof retrovisor.Registers
         * @instance
         */
        Registers.prototype.gdtr = null;

        /**
         * Registers idtr.
         * @member {retrovisor.TableRegister.$Properties|null|undefined} idtr
         * @memberof retrovisor.Registers
         * @instance
         */
        Registers.prototype.idtr = null;

        /**
         * Registers cr0.
         * @member {number|Long} cr0
         * @memberof retrovisor.Registers
         * @instance
         */
        Registers.prototype.cr0 = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Registers cr2.
         * @member {number|Long} cr2
         * @memberof retrovisor.Registers
         * @instance
         */
        Registers.prototype.cr2 = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Registers cr3.
         * @member {number|Long} cr3
         * @memberof retrovisor.Registers
         * @instance
         */
        Registers.prototype.cr3 = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Registers cr4.
         * @member {number|Long} cr4
         * @memberof retrovisor.Registers
         * @instance
         */
        Registers.prototype.cr4 = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Registers dr.
         * @member {Array.<number|Long>} dr
         * @memberof retrovisor.Registers
         * @instance
         */
        Registers.prototype.dr = $util.emptyArray;

        /**
         * Registers efer.
         * @member {number|Long} efer
         * @memberof retrovisor.Registers
         * @instance
         */
        Registers.prototype.efer = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Registers fsBase.
         * @member {number|Long} fsBase
         * @memberof retrovisor.Registers
         * @instance
         */
        Registers.prototype.fsBase = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Registers gsBase.
         * @member {number|Long} gsBase
         * @memberof retrovisor.Registers
         * @instance
         */
        Registers.prototype.gsBase = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Registers kernelGsBase.
         * @member {number|Long} kernelGsBase
         * @memberof retrovisor.Registers
         * @instance
         */
        Registers.prototype.kernelGsBase = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Registers xmm.
         * @member {Array.<number|Long>} xmm
         * @memberof retrovisor.Registers
         * @instance
         */
        Registers.prototype.xmm = $util.emptyArray;

        /**
         * Registers mxcsr.
         * @member {number} mxcsr
         * @memberof retrovisor.Registers
         * @instance
         */
        Registers.prototype.mxcsr = 0;

        /**
         * Registers x87Significand.
         * @member {Array.<number|Long>} x87Significand
         * @memberof retrovisor.Registers
         * @instance
         */
        Registers.prototype.x87Significand = $util.emptyArray;

        /**
         * Registers x87SignExponent.
         * @member {Array.<number>} x87SignExponent
         * @memberof retrovisor.Registers
         * @instance
         */
        Registers.prototype.x87SignExponent = $util.emptyArray;

        /**
         * Registers fcw.
         * @member {number} fcw
         * @memberof retrovisor.Registers
         * @instance
         */
        Registers.prototype.fcw = 0;

        /**
         * Registers fsw.
         * @member {number} fsw
         * @memberof retrovisor.Registers
         * @instance
         */
        Registers.prototype.fsw = 0;

        /**
         * Registers ftw.
         * @member {number} ftw
         * @memberof retrovisor.Registers
         * @instance
         */
        Registers.prototype.ftw = 0;

        /**
         * Registers fip.
         * @member {number|Long} fip
         * @memberof retrovisor.Registers
         * @instance
         */
        Registers.prototype.fip = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Registers fdp.
         * @member {number|Long} fdp
         * @memberof retrovisor.Registers
         * @instance
         */
        Registers.prototype.fdp = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Registers fop.
         * @member {number} fop
         * @memberof retrovisor.Registers
         * @instance
         */
        Registers.prototype.fop = 0;

        /**
         * Encodes the specified Registers message. Does not implicitly {@link retrovisor.Registers.verify|verify} messages.
         * @function encode
         * @memberof retrovisor.Registers
         * @static
         * @param {retrovisor.Registers.$Properties} message Registers message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Registers.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.gpr != null && message.gpr.length)
                writer.uint32(/* id 1, wireType 2 =*/10).fixed64s(message.gpr);
            if (message.rip != null && $Object.hasOwnProperty.call(message, "rip") && (typeof message.rip === "object" ? message.rip.low || message.rip.high : message.rip !== 0))
                writer.uint32(/* id 2, wireType 1 =*/17).fixed64(message.rip);
            if (message.rflags != null && $Object.hasOwnProperty.call(message, "rflags") && (typeof message.rflags === "object" ? message.rflags.low || message.rflags.high : message.rflags !== 0))
                writer.uint32(/* id 3, wireType 1 =*/25).fixed64(message.rflags);
            if (message.segments != null && message.segments.length)
                for (let i = 0; i < message.segments.length; ++i)
                    $root.retrovisor.Segment.encode(message.segments[i], writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
            if (message.ldtr != null && $Object.hasOwnProperty.call(message, "ldtr"))
                $root.retrovisor.Segment.encode(message.ldtr, writer.uint32(/* id 5, wireType 2 =*/42).fork(), _depth + 1).ldelim();
            if (message.tr != null && $Object.hasOwnProperty.call(message, "tr"))
                $root.retrovisor.Segment.encode(message.tr, writer.uint32(/* id 6, wireType 2 =*/50).fork(), _depth + 1).ldelim();
            if (message.gdtr != null && $Object.hasOwnProperty.call(message, "gdtr"))
                $root.retrovisor.TableRegister.encode(message.gdtr, writer.uint32(/* id 7, wireType 2 =*/58).fork(), _depth + 1).ldelim();
            if (message.idtr != null && $Object.hasOwnProperty.call(message, "idtr"))
                $root.retrovisor.TableRegister.encode(message.idtr, writer.uint32(/* id 8, wireType 2 =*/66).fork(), _depth + 1).ldelim();
            if (message.cr0 != null && $Object.hasOwnProperty.call(message, "cr0") && (typeof message.cr0 === "object" ? message.cr0.low || message.cr0.high : message.cr0 !== 0))
                writer.uint32(/* id 9, wireType 1 =*/73).fixed64(message.cr0);
            if (message.cr2 != null && $Object.hasOwnProperty.call(message, "cr2") && (typeof message.cr2 === "object" ? message.cr2.low || message.cr2.high : message.cr2 !== 0))
                writer.uint32(/* id 10, wireType 1 =*/81).fixed64(message.cr2);
            if (message.cr3 != null && $Object.hasOwnProperty.call(message, "cr3") && (typeof message.cr3 === "object" ? message.cr3.low || message.cr3.high : message.cr3 !== 0))
                writer.uint32(/* id 11, wireType 1 =*/89).fixed64(message.cr3);
            if (message.cr4 != null && $Object.hasOwnProperty.call(message, "cr4") && (typeof message.cr4 === "object" ? message.cr4.low || message.cr4.high : message.cr4 !== 0))
                writer.uint32(/* id 12, wireType 1 =*/97).fixed64(message.cr4);
            if (message.dr != null && message.dr.length)
                writer.uint32(/* id 13, wireType 2 =*/106).fixed64s(message.dr);
            if (message.efer != null && $Object.hasOwnProperty.call(message, "efer") && (typeof message.efer === "object" ? message.efer.low || message.efer.high : message.efer !== 0))
                writer.uint32(/* id 14, wireType 1 =*/113).fixed64(message.efer);
            if (message.fsBase != null && $Object.hasOwnProperty.call(message, "fsBase") && (typeof message.fsBase === "object" ? message.fsBase.low || message.fsBase.high : message.fsBase !== 0))
                writer.uint32(/* id 15, wireType 1 =*/121).fixed64(message.fsBase);
            if (message.gsBase != null && $Object.hasOwnProperty.call(message, "gsBase") && (typeof message.gsBase === "object" ? message.gsBase.low || message.gsBase.high : message.gsBase !== 0))
                writer.uint32(/* id 16, wireType 1 =*/129).fixed64(message.gsBase);
            if (message.kernelGsBase != null && $Object.hasOwnProperty.call(message, "kernelGsBase") && (typeof message.kernelGsBase === "object" ? message.kernelGsBase.low || message.kernelGsBase.high : message.kernelGsBase !== 0))
                writer.uint32(/* id 17, wireType 1 =*/137).fixed64(message.kernelGsBase);
            if (message.xmm != null && message.xmm.length)
                writer.uint32(/* id 18, wireType 2 =*/146).fixed64s(message.xmm);
            if (message.mxcsr != null && $Object.hasOwnProperty.call(message, "mxcsr") && message.mxcsr !== 0)
                writer.uint32(/* id 19, wireType 0 =*/152).uint32(message.mxcsr);
            if (message.x87Significand != null && message.x87Significand.length)
                writer.uint32(/* id 20, wireType 2 =*/162).fixed64s(message.x87Significand);
            if (message.x87SignExponent != null && message.x87SignExponent.length)
                writer.uint32(/* id 21, wireType 2 =*/170).uint32s(message.x87SignExponent);
            if (message.fcw != null && $Object.hasOwnProperty.call(message, "fcw") && message.fcw !== 0)
                writer.uint32(/* id 22, wireType 0 =*/176).uint32(message.fcw);
            if (message.fsw != null && $Object.hasOwnProperty.call(message, "fsw") && message.fsw !== 0)
                writer.uint32(/* id 23, wireType 0 =*/184).uint32(message.fsw);
            if (message.ftw != null && $Object.hasOwnProperty.call(message, "ftw") && message.ftw !== 0)
                writer.uint32(/* id 24, wireType 0 =*/192).uint32(message.ftw);
            if (message.fip != null && $Object.hasOwnProperty.call(message, "fip") && (typeof message.fip === "object" ? message.fip.low || message.fip.high : message.fip !== 0))
                writer.uint32(/* id 25, wireType 1 =*/201).fixed64(message.fip);
            if (message.fdp != null && $Object.hasOwnProperty.call(message, "fdp") && (typeof message.fdp === "object" ? message.fdp.low || message.fdp.high : message.fdp !== 0))
                writer.uint32(/* id 26, wireType 1 =*/209).fixed64(message.fdp);
            if (message.fop != null && $Object.hasOwnProperty.call(message, "fop") && message.fop !== 0)
                writer.uint32(/* id 27, wireType 0 =*/216).uint32(message.fop);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Registers message from the specified reader or buffer.
         * @function decode
         * @memberof retrovisor.Registers
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {retrovisor.Registers & retrovisor.Registers.$Shape} Registers
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Registers.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.retrovisor.Registers();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType === 2) {
                            if (!(message.gpr && message.gpr.length))
                                message.gpr = [];
                            reader.fixed64s(message.gpr);
                            continue;
                        }
                        if (wireType !== 1)
                            break;
                        if (!(message.gpr && message.gpr.length))
                            message.gpr = [];
                        message.gpr.push(reader.fixed64());
                        continue;
                    }
                case 2: {
                        if (wireType !== 1)
                            break;
                        if (typeof (value = reader.fixed64()) === "object" ? value.low || value.high : value !== 0)
                            message.rip = value;
                        else
                            delete message.rip;
                        continue;
                    }
                case 3: {
                        if (wireType !== 1)
                            break;
                        if (typeof (value = reader.fixed64()) === "object" ? value.low || value.high : value !== 0)
                            message.rflags = value;
                        else
                            delete message.rflags;
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if (!(message.segments && message.segments.length))
                            message.segments = [];
                        message.segments.push($root.retrovisor.Segment.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        message.ldtr = $root.retrovisor.Segment.decode(reader, reader.size(), $undefined, _depth + 1, message.ldtr);
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        message.tr = $root.retrovisor.Segment.decode(reader, reader.size(), $undefined, _depth + 1, message.tr);
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        message.gdtr = $root.retrovisor.TableRegister.decode(reader, reader.size(), $undefined, _depth + 1, message.gdtr);
                        continue;
                    }
                case 8: {
                        if (wireType !== 2)
                            break;
                        message.idtr = $root.retrovisor.TableRegister.decode(reader, reader.size(), $undefined, _depth + 1, message.idtr);
                        continue;
                    }
                case 9: {
                        if (wireType !== 1)
                            break;
                        if (typeof (value = reader.fixed64()) === "object" ? value.low || value.high : value !== 0)
                            message.cr0 = value;
                        else
                            delete message.cr0;
                        continue;
                    }
                case 10: {
                        if (wireType !== 1)
                            break;
                        if (typeof (value = reader.fixed64()) === "object" ? value.low || value.high : value !== 0)
                            message.cr2 = value;
                        else
                            delete message.cr2;
                        continue;
                    }
                case 11: {
                        if (wireType !== 1)
                            break;
                        if (typeof (value = reader.fixed64()) === "object" ? value.low || value.high : value !== 0)
                            message.cr3 = value;
                        else
                            delete message.cr3;
                        continue;
                    }
                case 12: {
                        if (wireType !== 1)
                            break;
                        if (typeof (value = reader.fixed64()) === "object" ? value.low || value.high : value !== 0)
                            message.cr4 = value;
                        else
                            delete message.cr4;
                        continue;
                    }
                case 13: {
                        if (wireType === 2) {
                            if (!(message.dr && message.dr.length))
                                message.dr = [];
                            reader.fixed64s(message.dr);
                            continue;
                        }
                        if (wireType !== 1)
                            break;
                        if (!(message.dr && message.dr.length))
                            message.dr = [];
                        message.dr.push(reader.fixed64());
                        continue;
                    }
                case 14: {
                        if (wireType !== 1)
                            break;
                        if (typeof (value = reader.fixed64()) === "object" ? value.low || value.high : value !== 0)
                            message.efer = value;
                        else
                            delete message.efer;
                        continue;
                    }
                case 15: {
                        if (wireType !== 1)
                            break;
                        if (typeof (value = reader.fixed64()) === "object" ? value.low || value.high : value !== 0)
                            message.fsBase = value;
                        else
                            delete message.fsBase;
                        continue;
                    }
                case 16: {
                        if (wireType !== 1)
                            break;
                        if (typeof (value = reader.fixed64()) === "object" ? value.low || value.high : value !== 0)
                            message.gsBase = value;
                        else
                            delete message.gsBase;
                        continue;
                    }
                case 17: {
                        if (wireType !== 1)
                            break;
                        if (typeof (value = reader.fixed64()) === "object" ? value.low || value.high : value !== 0)
                            message.kernelGsBase = value;
                        else
                            delete message.kernelGsBase;
                        continue;
                    }
                case 18: {
                        if (wireType === 2) {
                            if (!(message.xmm && message.xmm.length))
                                message.xmm = [];
                            reader.fixed64s(message.xmm);
                            continue;
                        }
                        if (wireType !== 1)
                            break;
                        if (!(message.xmm && message.xmm.length))
                            message.xmm = [];
                        message.xmm.push(reader.fixed64());
                        continue;
                    }
                case 19: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.mxcsr = value;
                        else
                            delete message.mxcsr;
                        continue;
                    }
                case 20: {
                        if (wireType === 2) {
                            if (!(message.x87Significand && message.x87Significand.length))
                                message.x87Significand = [];
                            reader.fixed64s(message.x87Significand);
                            continue;
                        }
                        if (wireType !== 1)
                            break;
                        if (!(message.x87Significand && message.x87Significand.length))
                            message.x87Significand = [];
                        message.x87Significand.push(reader.fixed64());
                        continue;
                    }
                case 21: {
                        if (wireType === 2) {
                            if (!(message.x87SignExponent && message.x87SignExponent.length))
                                message.x87SignExponent = [];
                            reader.uint32s(message.x87SignExponent);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.x87SignExponent && message.x87SignExponent.length))
                            message.x87SignExponent = [];
                        message.x87SignExponent.push(reader.uint32());
                        continue;
                    }
                case 22: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.fcw = value;
                        else
                            delete message.fcw;
                        continue;
                    }
                case 23: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.fsw = value;
                        else
                            delete message.fsw;
                        continue;
                    }
                case 24: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.ftw = value;
                        else
                            delete message.ftw;
                        continue;
                    }
                case 25: {
                        if (wireType !== 1)
                            break;
                        if (typeof (value = reader.fixed64()) === "object" ? value.low || value.high : value !== 0)
                            message.fip = value;
                        else
                            delete message.fip;
                        continue;
                    }
                case 26: {
                        if (wireType !== 1)
                            break;
                        if (typeof (value = reader.fixed64()) === "object" ? value.low || value.high : value !== 0)
                            message.fdp = value;
                        else
                            delete message.fdp;
                        continue;
                    }
                case 27: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.fop = value;
                        else
                            delete message.fop;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Registers;
    })();

    retrovisor.Segment = (function() {

        /**
         * Properties of a Segment.
         * @typedef {Object} retrovisor.Segment.$Properties
         * @property {number|null} [selector] Segment selector
         * @property {number|Long|null} [base] Segment base
         * @property {number|null} [limit] Segment limit
         * @property {number|null} [rights] Segment rights
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Segment.
         * @memberof retrovisor
         * @interface ISegment
         * @augments retrovisor.Segment.$Properties
         * @deprecated Use retrovisor.Segment.$Properties instead.
         */

        /**
         * Shape of a Segment.
         * @typedef {retrovisor.Segment.$Properties} retrovisor.Segment.$Shape
         */

        /**
         * Constructs a new Segment.
         * @memberof retrovisor
         * @classdesc Represents a Segment.
         * @constructor
         * @param {retrovisor.Segment.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Segment = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Segment selector.
         * @member {number} selector
         * @memberof retrovisor.Segment
         * @instance
         */
        Segment.prototype.selector = 0;

        /**
         * Segment base.
         * @member {number|Long} base
         * @memberof retrovisor.Segment
         * @instance
         */
        Segment.prototype.base = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Segment limit.
         * @member {number} limit
         * @memberof retrovisor.Segment
         * @instance
         */
        Segment.prototype.limit = 0;

        /**
         * Segment rights.
         * @member {number} rights
         * @memberof retrovisor.Segment
         * @instance
         */
        Segment.prototype.rights = 0;

        /**
         * Encodes the specified Segment message. Does not implicitly {@link retrovisor.Segment.verify|verify} messages.
         * @function encode
         * @memberof retrovisor.Segment
         * @static
         * @param {retrovisor.Segment.$Properties} message Segment message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Segment.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.selector != null && $Object.hasOwnProperty.call(message, "selector") && message.selector !== 0)
                writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.selector);
            if (message.base != null && $Object.hasOwnProperty.call(message, "base") && (typeof message.base === "object" ? message.base.low || message.base.high : message.base !== 0))
                writer.uint32(/* id 2, wireType 1 =*/17).fixed64(message.base);
            if (message.limit != null && $Object.hasOwnProperty.call(message, "limit") && message.limit !== 0)
                writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.limit);
            if (message.rights != null && $Object.hasOwnProperty.call(message, "rights") && message.rights !== 0)
                writer.uint32(/* id 4, wireType 0 =*/32).uint32(message.rights);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Segment message from the specified reader or buffer.
         * @function decode
         * @memberof retrovisor.Segment
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {retrovisor.Segment & retrovisor.Segment.$Shape} Segment
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Segment.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.retrovisor.Segment();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.selector = value;
                        else
                            delete message.selector;
                        continue;
                    }
                case 2: {
                        if (wireType !== 1)
                            break;
                        if (typeof (value = reader.fixed64()) === "object" ? value.low || value.high : value !== 0)
                            message.base = value;
                        else
                            delete message.base;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.limit = value;
                        else
                            delete message.limit;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.rights = value;
                        else
                            delete message.rights;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Segment;
    })();

    retrovisor.TableRegister = (function() {

        /**
         * Properties of a TableRegister.
         * @typedef {Object} retrovisor.TableRegister.$Properties
         * @property {number|Long|null} [base] TableRegister base
         * @property {number|null} [limit] TableRegister limit
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a TableRegister.
         * @memberof retrovisor
         * @interface ITableRegister
         * @augments retrovisor.TableRegister.$Properties
         * @deprecated Use retrovisor.TableRegister.$Properties instead.
         */

        /**
         * Shape of a TableRegister.
         * @typedef {retrovisor.TableRegister.$Properties} retrovisor.TableRegister.$Shape
         */

        /**
         * Constructs a new TableRegister.
         * @memberof retrovisor
         * @classdesc Represents a TableRegister.
         * @constructor
         * @param {retrovisor.TableRegister.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const TableRegister = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * TableRegister base.
         * @member {number|Long} base
         * @memberof retrovisor.TableRegister
         * @instance
         */
        TableRegister.prototype.base = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * TableRegister limit.
         * @member {number} limit
         * @memberof retrovisor.TableRegister
         * @instance
         */
        TableRegister.prototype.limit = 0;

        /**
         * Encodes the specified TableRegister message. Does not implicitly {@link retrovisor.TableRegister.verify|verify} messages.
         * @function encode
         * @memberof retrovisor.TableRegister
         * @static
         * @param {retrovisor.TableRegister.$Properties} message TableRegister message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        TableRegister.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.base != null && $Object.hasOwnProperty.call(message, "base") && (typeof message.base === "object" ? message.base.low || message.base.high : message.base !== 0))
                writer.uint32(/* id 1, wireType 1 =*/9).fixed64(message.base);
            if (message.limit != null && $Object.hasOwnProperty.call(message, "limit") && message.limit !== 0)
                writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.limit);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a TableRegister message from the specified reader or buffer.
         * @function decode
         * @memberof retrovisor.TableRegister
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {retrovisor.TableRegister & retrovisor.TableRegister.$Shape} TableRegister
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        TableRegister.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.retrovisor.TableRegister();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 1)
                            break;
                        if (typeof (value = reader.fixed64()) === "object" ? value.low || value.high : value !== 0)
                            message.base = value;
                        else
                            delete message.base;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.limit = value;
                        else
                            delete message.limit;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return TableRegister;
    })();

    /**
     * Kind enum.
     * @name retrovisor.Kind
     * @enum {number}
     * @property {number} KIND_NONE=0 KIND_NONE value
     * @property {number} PIO_IN=1 PIO_IN value
     * @property {number} PIO_OUT=2 PIO_OUT value
     * @property {number} MMIO_READ=3 MMIO_READ value
     * @property {number} MMIO_WRITE=4 MMIO_WRITE value
     * @property {number} HLT=5 HLT value
     * @property {number} CPUID=6 CPUID value
     * @property {number} RDMSR=7 RDMSR value
     * @property {number} WRMSR=8 WRMSR value
     * @property {number} CR8_READ=9 CR8_READ value
     * @property {number} CR8_WRITE=10 CR8_WRITE value
     * @property {number} RDRAND=11 RDRAND value
     * @property {number} RDSEED=12 RDSEED value
     * @property {number} SHUTDOWN=13 SHUTDOWN value
     * @property {number} INTERRUPT=16 INTERRUPT value
     * @property {number} NMI=17 NMI value
     * @property {number} DMA=18 DMA value
     * @property {number} INPUT=24 INPUT value
     * @property {number} HASH=25 HASH value
     */
    retrovisor.Kind = (function() {
        const valuesById = $Object.create(null), values = $Object.create(valuesById);
        values[valuesById[0] = "KIND_NONE"] = 0;
        values[valuesById[1] = "PIO_IN"] = 1;
        values[valuesById[2] = "PIO_OUT"] = 2;
        values[valuesById[3] = "MMIO_READ"] = 3;
        values[valuesById[4] = "MMIO_WRITE"] = 4;
        values[valuesById[5] = "HLT"] = 5;
        values[valuesById[6] = "CPUID"] = 6;
        values[valuesById[7] = "RDMSR"] = 7;
        values[valuesById[8] = "WRMSR"] = 8;
        values[valuesById[9] = "CR8_READ"] = 9;
        values[valuesById[10] = "CR8_WRITE"] = 10;
        values[valuesById[11] = "RDRAND"] = 11;
        values[valuesById[12] = "RDSEED"] = 12;
        values[valuesById[13] = "SHUTDOWN"] = 13;
        values[valuesById[16] = "INTERRUPT"] = 16;
        values[valuesById[17] = "NMI"] = 17;
        values[valuesById[18] = "DMA"] = 18;
        values[valuesById[24] = "INPUT"] = 24;
        values[valuesById[25] = "HASH"] = 25;
        return values;
    })();

    /**
     * Reply enum.
     * @name retrovisor.Reply
     * @enum {number}
     * @property {number} NONE=0 NONE value
     * @property {number} VALUE=1 VALUE value
     * @property {number} WIDE=2 WIDE value
     * @property {number} CPUID_REGS=3 CPUID_REGS value
     * @property {number} SKIP=4 SKIP value
     * @property {number} DEFAULT=5 DEFAULT value
     * @property {number} FAULT=6 FAULT value
     */
    retrovisor.Reply = (function() {
        const valuesById = $Object.create(null), values = $Object.create(valuesById);
        values[valuesById[0] = "NONE"] = 0;
        values[valuesById[1] = "VALUE"] = 1;
        values[valuesById[2] = "WIDE"] = 2;
        values[valuesById[3] = "CPUID_REGS"] = 3;
        values[valuesById[4] = "SKIP"] = 4;
        values[valuesById[5] = "DEFAULT"] = 5;
        values[valuesById[6] = "FAULT"] = 6;
        return values;
    })();

    retrovisor.Frames = (function() {

        /**
         * Properties of a Frames.
         * @typedef {Object} retrovisor.Frames.$Properties
         * @property {number|Long|null} [firstIcount] Frames firstIcount
         * @property {number|null} [count] Frames count
         * @property {Array.<retrovisor.Shape.$Properties>|null} [shapes] Frames shapes
         * @property {Array.<number>|null} [shape] Frames shape
         * @property {Array.<number|Long>|null} [icountDelta] Frames icountDelta
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Frames.
         * @memberof retrovisor
         * @interface IFrames
         * @augments retrovisor.Frames.$Properties
         * @deprecated Use retrovisor.Frames.$Properties instead.
         */

        /**
         * Shape of a Frames.
         * @typedef {retrovisor.Frames.$Properties} retrovisor.Frames.$Shape
         */

        /**
         * Constructs a new Frames.
         * @memberof retrovisor
         * @classdesc Represents a Frames.
         * @constructor
         * @param {retrovisor.Frames.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Frames = function (properties) {
            this.shapes = [];
            this.shape = [];
            this.icountDelta = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Frames firstIcount.
         * @member {number|Long} firstIcount
         * @memberof retrovisor.Frames
         * @instance
         */
        Frames.prototype.firstIcount = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Frames count.
         * @member {number} count
         * @memberof retrovisor.Frames
         * @instance
         */
        Frames.prototype.count = 0;

        /**
         * Frames shapes.
         * @member {Array.<retrovisor.Shape.$Properties>} shapes
         * @memberof retrovisor.Frames
         * @instance
         */
        Frames.prototype.shapes = $util.emptyArray;

        /**
         * Frames shape.
         * @member {Array.<number>} shape
         * @memberof retrovisor.Frames
         * @instance
         */
        Frames.prototype.shape = $util.emptyArray;

        /**
         * Frames icountDelta.
         * @member {Array.<number|Long>} icountDelta
         * @memberof retrovisor.Frames
         * @instance
         */
        Frames.prototype.icountDelta = $util.emptyArray;

        /**
         * Encodes the specified Frames message. Does not implicitly {@link retrovisor.Frames.verify|verify} messages.
         * @function encode
         * @memberof retrovisor.Frames
         * @static
         * @param {retrovisor.Frames.$Properties} message Frames message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Frames.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.firstIcount != null && $Object.hasOwnProperty.call(message, "firstIcount") && (typeof message.firstIcount === "object" ? message.firstIcount.low || message.firstIcount.high : message.firstIcount !== 0))
                writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.firstIcount);
            if (message.count != null && $Object.hasOwnProperty.call(message, "count") && message.count !== 0)
                writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.count);
            if (message.shapes != null && message.shapes.length)
                for (let i = 0; i < message.shapes.length; ++i)
                    $root.retrovisor.Shape.encode(message.shapes[i], writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
            if (message.shape != null && message.shape.length)
                writer.uint32(/* id 4, wireType 2 =*/34).uint32s(message.shape);
            if (message.icountDelta != null && message.icountDelta.length)
                writer.uint32(/* id 5, wireType 2 =*/42).uint64s(message.icountDelta);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Frames message from the specified reader or buffer.
         * @function decode
         * @memberof retrovisor.Frames
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {retrovisor.Frames & retrovisor.Frames.$Shape} Frames
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Frames.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.retrovisor.Frames();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.firstIcount = value;
                        else
                            delete message.firstIcount;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.count = value;
                        else
                            delete message.count;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if (!(message.shapes && message.shapes.length))
                            message.shapes = [];
                        message.shapes.push($root.retrovisor.Shape.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 4: {
                        if (wireType === 2) {
                            if (!(message.shape && message.shape.length))
                                message.shape = [];
                            reader.uint32s(message.shape);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.shape && message.shape.length))
                            message.shape = [];
                        message.shape.push(reader.uint32());
                        continue;
                    }
                case 5: {
                        if (wireType === 2) {
                            if (!(message.icountDelta && message.icountDelta.length))
                                message.icountDelta = [];
                            reader.uint64s(message.icountDelta);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.icountDelta && message.icountDelta.length))
                            message.icountDelta = [];
                        message.icountDelta.push(reader.uint64());
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Frames;
    })();

    retrovisor.Shape = (function() {

        /**
         * Properties of a Shape.
         * @typedef {Object} retrovisor.Shape.$Properties
         * @property {retrovisor.Kind|null} [kind] Shape kind
         * @property {retrovisor.Reply|null} [reply] Shape reply
         * @property {number|null} [size] Shape size
         * @property {number|Long|null} [address] Shape address
         * @property {number|null} [subleaf] Shape subleaf
         * @property {string|null} [name] Shape name
         * @property {Array.<number|Long>|null} [values] Shape values
         * @property {Array.<number|Long>|null} [deltas] Shape deltas
         * @property {Uint8Array|null} [data] Shape data
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Shape.
         * @memberof retrovisor
         * @interface IShape
         * @augments retrovisor.Shape.$Properties
         * @deprecated Use retrovisor.Shape.$Properties instead.
         */

        /**
         * Shape of a Shape.
         * @typedef {retrovisor.Shape.$Properties} retrovisor.Shape.$Shape
         */

        /**
         * Constructs a new Shape.
         * @memberof retrovisor
         * @classdesc Represents a Shape.
         * @constructor
         * @param {retrovisor.Shape.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Shape = function (properties) {
            this.values = [];
            this.deltas = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Shape kind.
         * @member {retrovisor.Kind} kind
         * @memberof retrovisor.Shape
         * @instance
         */
        Shape.prototype.kind = 0;

        /**
         * Shape reply.
         * @member {retrovisor.Reply} reply
         * @memberof retrovisor.Shape
         * @instance
         */
        Shape.prototype.reply = 0;

        /**
         * Shape size.
         * @member {number} size
         * @memberof retrovisor.Shape
         * @instance
         */
        Shape.prototype.size = 0;

        /**
         * Shape address.
         * @member {number|Long} address
         * @memberof retrovisor.Shape
         * @instance
         */
        Shape.prototype.address = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Shape subleaf.
         * @member {number} subleaf
         * @memberof retrovisor.Shape
         * @instance
         */
        Shape.prototype.subleaf = 0;

        /**
         * Shape name.
         * @member {string} name
         * @memberof retrovisor.Shape
         * @instance
         */
        Shape.prototype.name = "";

        /**
         * Shape values.
         * @member {Array.<number|Long>} values
         * @memberof retrovisor.Shape
         * @instance
         */
        Shape.prototype.values = $util.emptyArray;

        /**
         * Shape deltas.
         * @member {Array.<number|Long>} deltas
         * @memberof retrovisor.Shape
         * @instance
         */
        Shape.prototype.deltas = $util.emptyArray;

        /**
         * Shape data.
         * @member {Uint8Array} data
         * @memberof retrovisor.Shape
         * @instance
         */
        Shape.prototype.data = $util.newBuffer([]);

        /**
         * Encodes the specified Shape message. Does not implicitly {@link retrovisor.Shape.verify|verify} messages.
         * @function encode
         * @memberof retrovisor.Shape
         * @static
         * @param {retrovisor.Shape.$Properties} message Shape message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Shape.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.kind != null && $Object.hasOwnProperty.call(message, "kind") && message.kind !== 0)
                writer.uint32(/* id 1, wireType 0 =*/8).int32(message.kind);
            if (message.reply != null && $Object.hasOwnProperty.call(message, "reply") && message.reply !== 0)
                writer.uint32(/* id 2, wireType 0 =*/16).int32(message.reply);
            if (message.size != null && $Object.hasOwnProperty.call(message, "size") && message.size !== 0)
                writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.size);
            if (message.address != null && $Object.hasOwnProperty.call(message, "address") && (typeof message.address === "object" ? message.address.low || message.address.high : message.address !== 0))
                writer.uint32(/* id 4, wireType 0 =*/32).uint64(message.address);
            if (message.subleaf != null && $Object.hasOwnProperty.call(message, "subleaf") && message.subleaf !== 0)
                writer.uint32(/* id 5, wireType 0 =*/40).uint32(message.subleaf);
            if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                writer.uint32(/* id 6, wireType 2 =*/50).string(message.name);
            if (message.values != null && message.values.length)
                writer.uint32(/* id 7, wireType 2 =*/58).uint64s(message.values);
            if (message.deltas != null && message.deltas.length)
                writer.uint32(/* id 8, wireType 2 =*/66).sint64s(message.deltas);
            if (message.data != null && $Object.hasOwnProperty.call(message, "data") && message.data.length)
                writer.uint32(/* id 9, wireType 2 =*/74).bytes(message.data);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Shape message from the specified reader or buffer.
         * @function decode
         * @memberof retrovisor.Shape
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {retrovisor.Shape & retrovisor.Shape.$Shape} Shape
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Shape.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.retrovisor.Shape();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.kind = value;
                        else
                            delete message.kind;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.reply = value;
                        else
                            delete message.reply;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.size = value;
                        else
                            delete message.size;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.address = value;
                        else
                            delete message.address;
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.subleaf = value;
                        else
                            delete message.subleaf;
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.name = value;
                        else
                            delete message.name;
                        continue;
                    }
                case 7: {
                        if (wireType === 2) {
                            if (!(message.values && message.values.length))
                                message.values = [];
                            reader.uint64s(message.values);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.values && message.values.length))
                            message.values = [];
                        message.values.push(reader.uint64());
                        continue;
                    }
                case 8: {
                        if (wireType === 2) {
                            if (!(message.deltas && message.deltas.length))
                                message.deltas = [];
                            reader.sint64s(message.deltas);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.deltas && message.deltas.length))
                            message.deltas = [];
                        message.deltas.push(reader.sint64());
                        continue;
                    }
                case 9: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.data = value;
                        else
                            delete message.data;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Shape;
    })();

    retrovisor.End = (function() {

        /**
         * Properties of an End.
         * @typedef {Object} retrovisor.End.$Properties
         * @property {string|null} [reason] End reason
         * @property {number|Long|null} [icount] End icount
         * @property {string|null} [stateHash] End stateHash
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an End.
         * @memberof retrovisor
         * @interface IEnd
         * @augments retrovisor.End.$Properties
         * @deprecated Use retrovisor.End.$Properties instead.
         */

        /**
         * Shape of an End.
         * @typedef {retrovisor.End.$Properties} retrovisor.End.$Shape
         */

        /**
         * Constructs a new End.
         * @memberof retrovisor
         * @classdesc Represents an End.
         * @constructor
         * @param {retrovisor.End.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const End = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * End reason.
         * @member {string} reason
         * @memberof retrovisor.End
         * @instance
         */
        End.prototype.reason = "";

        /**
         * End icount.
         * @member {number|Long} icount
         * @memberof retrovisor.End
         * @instance
         */
        End.prototype.icount = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * End stateHash.
         * @member {string} stateHash
         * @memberof retrovisor.End
         * @instance
         */
        End.prototype.stateHash = "";

        /**
         * Encodes the specified End message. Does not implicitly {@link retrovisor.End.verify|verify} messages.
         * @function encode
         * @memberof retrovisor.End
         * @static
         * @param {retrovisor.End.$Properties} message End message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        End.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.reason != null && $Object.hasOwnProperty.call(message, "reason") && message.reason !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.reason);
            if (message.icount != null && $Object.hasOwnProperty.call(message, "icount") && (typeof message.icount === "object" ? message.icount.low || message.icount.high : message.icount !== 0))
                writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.icount);
            if (message.stateHash != null && $Object.hasOwnProperty.call(message, "stateHash") && message.stateHash !== "")
                writer.uint32(/* id 3, wireType 2 =*/26).string(message.stateHash);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an End message from the specified reader or buffer.
         * @function decode
         * @memberof retrovisor.End
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {retrovisor.End & retrovisor.End.$Shape} End
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        End.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.retrovisor.End();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.reason = value;
                        else
                            delete message.reason;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.icount = value;
                        else
                            delete message.icount;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.stateHash = value;
                        else
                            delete message.stateHash;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return End;
    })();

    retrovisor.Index = (function() {

        /**
         * Properties of an Index.
         * @typedef {Object} retrovisor.Index.$Properties
         * @property {Array.<retrovisor.IndexEntry.$Properties>|null} [frames] Index frames
         * @property {Array.<number|Long>|null} [pieceOffset] Index pieceOffset
         * @property {number|Long|null} [bootOffset] Index bootOffset
         * @property {number|Long|null} [endOffset] Index endOffset
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Index.
         * @memberof retrovisor
         * @interface IIndex
         * @augments retrovisor.Index.$Properties
         * @deprecated Use retrovisor.Index.$Properties instead.
         */

        /**
         * Shape of an Index.
         * @typedef {retrovisor.Index.$Properties} retrovisor.Index.$Shape
         */

        /**
         * Constructs a new Index.
         * @memberof retrovisor
         * @classdesc Represents an Index.
         * @constructor
         * @param {retrovisor.Index.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Index = function (properties) {
            this.frames = [];
            this.pieceOffset = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Index frames.
         * @member {Array.<retrovisor.IndexEntry.$Properties>} frames
         * @memberof retrovisor.Index
         * @instance
         */
        Index.prototype.frames = $util.emptyArray;

        /**
         * Index pieceOffset.
         * @member {Array.<number|Long>} pieceOffset
         * @memberof retrovisor.Index
         * @instance
         */
        Index.prototype.pieceOffset = $util.emptyArray;

        /**
         * Index bootOffset.
         * @member {number|Long} bootOffset
         * @memberof retrovisor.Index
         * @instance
         */
        Index.prototype.bootOffset = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Index endOffset.
         * @member {number|Long} endOffset
         * @memberof retrovisor.Index
         * @instance
         */
        Index.prototype.endOffset = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Encodes the specified Index message. Does not implicitly {@link retrovisor.Index.verify|verify} messages.
         * @function encode
         * @memberof retrovisor.Index
         * @static
         * @param {retrovisor.Index.$Properties} message Index message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Index.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.frames != null && message.frames.length)
                for (let i = 0; i < message.frames.length; ++i)
                    $root.retrovisor.IndexEntry.encode(message.frames[i], writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
            if (message.pieceOffset != null && message.pieceOffset.length)
                writer.uint32(/* id 2, wireType 2 =*/18).uint64s(message.pieceOffset);
            if (message.bootOffset != null && $Object.hasOwnProperty.call(message, "bootOffset") && (typeof message.bootOffset === "object" ? message.bootOffset.low || message.bootOffset.high : message.bootOffset !== 0))
                writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.bootOffset);
            if (message.endOffset != null && $Object.hasOwnProperty.call(message, "endOffset") && (typeof message.endOffset === "object" ? message.endOffset.low || message.endOffset.high : message.endOffset !== 0))
                writer.uint32(/* id 4, wireType 0 =*/32).uint64(message.endOffset);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Index message from the specified reader or buffer.
         * @function decode
         * @memberof retrovisor.Index
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {retrovisor.Index & retrovisor.Index.$Shape} Index
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Index.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.retrovisor.Index();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if (!(message.frames && message.frames.length))
                            message.frames = [];
                        message.frames.push($root.retrovisor.IndexEntry.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 2: {
                        if (wireType === 2) {
                            if (!(message.pieceOffset && message.pieceOffset.length))
                                message.pieceOffset = [];
                            reader.uint64s(message.pieceOffset);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.pieceOffset && message.pieceOffset.length))
                            message.pieceOffset = [];
                        message.pieceOffset.push(reader.uint64());
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.bootOffset = value;
                        else
                            delete message.bootOffset;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.endOffset = value;
                        else
                            delete message.endOffset;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Index;
    })();

    retrovisor.IndexEntry = (function() {

        /**
         * Properties of an IndexEntry.
         * @typedef {Object} retrovisor.IndexEntry.$Properties
         * @property {number|Long|null} [offset] IndexEntry offset
         * @property {number|Long|null} [firstIcount] IndexEntry firstIcount
         * @property {number|Long|null} [lastIcount] IndexEntry lastIcount
         * @property {number|null} [frames] IndexEntry frames
         * @property {number|null} [exits] IndexEntry exits
         * @property {number|null} [interrupts] IndexEntry interrupts
         * @property {number|Long|null} [dmaBytes] IndexEntry dmaBytes
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an IndexEntry.
         * @memberof retrovisor
         * @interface IIndexEntry
         * @augments retrovisor.IndexEntry.$Properties
         * @deprecated Use retrovisor.IndexEntry.$Properties instead.
         */

        /**
         * Shape of an IndexEntry.
         * @typedef {retrovisor.IndexEntry.$Properties} retrovisor.IndexEntry.$Shape
         */

        /**
         * Constructs a new IndexEntry.
         * @memberof retrovisor
         * @classdesc Represents an IndexEntry.
         * @constructor
         * @param {retrovisor.IndexEntry.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const IndexEntry = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * IndexEntry offset.
         * @member {number|Long} offset
         * @memberof retrovisor.IndexEntry
         * @instance
         */
        IndexEntry.prototype.offset = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * IndexEntry firstIcount.
         * @member {number|Long} firstIcount
         * @memberof retrovisor.IndexEntry
         * @instance
         */
        IndexEntry.prototype.firstIcount = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * IndexEntry lastIcount.
         * @member {number|Long} lastIcount
         * @memberof retrovisor.IndexEntry
         * @instance
         */
        IndexEntry.prototype.lastIcount = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * IndexEntry frames.
         * @member {number} frames
         * @memberof retrovisor.IndexEntry
         * @instance
         */
        IndexEntry.prototype.frames = 0;

        /**
         * IndexEntry exits.
         * @member {number} exits
         * @memberof retrovisor.IndexEntry
         * @instance
         */
        IndexEntry.prototype.exits = 0;

        /**
         * IndexEntry interrupts.
         * @member {number} interrupts
         * @memberof retrovisor.IndexEntry
         * @instance
         */
        IndexEntry.prototype.interrupts = 0;

        /**
         * IndexEntry dmaBytes.
         * @member {number|Long} dmaBytes
         * @memberof retrovisor.IndexEntry
         * @instance
         */
        IndexEntry.prototype.dmaBytes = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Encodes the specified IndexEntry message. Does not implicitly {@link retrovisor.IndexEntry.verify|verify} messages.
         * @function encode
         * @memberof retrovisor.IndexEntry
         * @static
         * @param {retrovisor.IndexEntry.$Properties} message IndexEntry message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        IndexEntry.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.offset != null && $Object.hasOwnProperty.call(message, "offset") && (typeof message.offset === "object" ? message.offset.low || message.offset.high : message.offset !== 0))
                writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.offset);
            if (message.firstIcount != null && $Object.hasOwnProperty.call(message, "firstIcount") && (typeof message.firstIcount === "object" ? message.firstIcount.low || message.firstIcount.high : message.firstIcount !== 0))
                writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.firstIcount);
            if (message.lastIcount != null && $Object.hasOwnProperty.call(message, "lastIcount") && (typeof message.lastIcount === "object" ? message.lastIcount.low || message.lastIcount.high : message.lastIcount !== 0))
                writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.lastIcount);
            if (message.frames != null && $Object.hasOwnProperty.call(message, "frames") && message.frames !== 0)
                writer.uint32(/* id 4, wireType 0 =*/32).uint32(message.frames);
            if (message.exits != null && $Object.hasOwnProperty.call(message, "exits") && message.exits !== 0)
                writer.uint32(/* id 5, wireType 0 =*/40).uint32(message.exits);
            if (message.interrupts != null && $Object.hasOwnProperty.call(message, "interrupts") && message.interrupts !== 0)
                writer.uint32(/* id 6, wireType 0 =*/48).uint32(message.interrupts);
            if (message.dmaBytes != null && $Object.hasOwnProperty.call(message, "dmaBytes") && (typeof message.dmaBytes === "object" ? message.dmaBytes.low || message.dmaBytes.high : message.dmaBytes !== 0))
                writer.uint32(/* id 7, wireType 0 =*/56).uint64(message.dmaBytes);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an IndexEntry message from the specified reader or buffer.
         * @function decode
         * @memberof retrovisor.IndexEntry
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {retrovisor.IndexEntry & retrovisor.IndexEntry.$Shape} IndexEntry
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        IndexEntry.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.retrovisor.IndexEntry();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.offset = value;
                        else
                            delete message.offset;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.firstIcount = value;
                        else
                            delete message.firstIcount;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.lastIcount = value;
                        else
                            delete message.lastIcount;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.frames = value;
                        else
                            delete message.frames;
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.exits = value;
                        else
                            delete message.exits;
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.interrupts = value;
                        else
                            delete message.interrupts;
                        continue;
                    }
                case 7: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.dmaBytes = value;
                        else
                            delete message.dmaBytes;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return IndexEntry;
    })();

    return retrovisor;
})();

export {
  $root as default
};
