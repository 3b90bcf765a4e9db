import * as $protobuf from "protobufjs/minimal.js";
import Long = require("long");

/** Namespace retrovisor. */
export namespace retrovisor {

    /**
     * Properties of a Header.
     * @deprecated Use retrovisor.Header.$Properties instead.
     */
    interface IHeader extends retrovisor.Header.$Properties {
    }

    /** Represents a Header. */
    class Header {

        /**
         * Constructs a new Header.
         * @param [properties] Properties to set
         */
        constructor(properties?: retrovisor.Header.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Header writer. */
        writer: string;

        /** Header guest. */
        guest?: (retrovisor.Guest.$Properties|null);

        /** Header hashSpacing. */
        hashSpacing: (number|Long);

        /** Header quirks. */
        quirks: string[];

        /** Header images. */
        images: retrovisor.Image.$Properties[];

        /** Header engine. */
        engine: string;

        /** Header uncontrolled. */
        uncontrolled: string[];

        /**
         * Encodes the specified Header message. Does not implicitly {@link retrovisor.Header.verify|verify} messages.
         * @param message Header message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: retrovisor.Header.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Header message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {retrovisor.Header & retrovisor.Header.$Shape} Header
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): retrovisor.Header & retrovisor.Header.$Shape;
    }

    namespace Header {

        /** Properties of a Header. */
        interface $Properties {

            /** Header writer */
            writer?: (string|null);

            /** Header guest */
            guest?: (retrovisor.Guest.$Properties|null);

            /** Header hashSpacing */
            hashSpacing?: (number|Long|null);

            /** Header quirks */
            quirks?: (string[]|null);

            /** Header images */
            images?: (retrovisor.Image.$Properties[]|null);

            /** Header engine */
            engine?: (string|null);

            /** Header uncontrolled */
            uncontrolled?: (string[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Header. */
        type $Shape = retrovisor.Header.$Properties;
    }

    /**
     * Properties of a Guest.
     * @deprecated Use retrovisor.Guest.$Properties instead.
     */
    interface IGuest extends retrovisor.Guest.$Properties {
    }

    /** Represents a Guest. */
    class Guest {

        /**
         * Constructs a new Guest.
         * @param [properties] Properties to set
         */
        constructor(properties?: retrovisor.Guest.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Guest name. */
        name: string;

        /** Guest memoryBytes. */
        memoryBytes: (number|Long);

        /** Guest cpuModel. */
        cpuModel: string;

        /** Guest rtcBase. */
        rtcBase: string;

        /** Guest append. */
        append: string;

        /** Guest bootFormat. */
        bootFormat: string;

        /**
         * Encodes the specified Guest message. Does not implicitly {@link retrovisor.Guest.verify|verify} messages.
         * @param message Guest message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: retrovisor.Guest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Guest message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {retrovisor.Guest & retrovisor.Guest.$Shape} Guest
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): retrovisor.Guest & retrovisor.Guest.$Shape;
    }

    namespace Guest {

        /** Properties of a Guest. */
        interface $Properties {

            /** Guest name */
            name?: (string|null);

            /** Guest memoryBytes */
            memoryBytes?: (number|Long|null);

            /** Guest cpuModel */
            cpuModel?: (string|null);

            /** Guest rtcBase */
            rtcBase?: (string|null);

            /** Guest append */
            append?: (string|null);

            /** Guest bootFormat */
            bootFormat?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Guest. */
        type $Shape = retrovisor.Guest.$Properties;
    }

    /**
     * Properties of an Image.
     * @deprecated Use retrovisor.Image.$Properties instead.
     */
    interface IImage extends retrovisor.Image.$Properties {
    }

    /** Represents an Image. */
    class Image {

        /**
         * Constructs a new Image.
         * @param [properties] Properties to set
         */
        constructor(properties?: retrovisor.Image.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Image role. */
        role: string;

        /** Image name. */
        name: string;

        /** Image size. */
        size: (number|Long);

        /** Image sha256. */
        sha256: Uint8Array;

        /**
         * Encodes the specified Image message. Does not implicitly {@link retrovisor.Image.verify|verify} messages.
         * @param message Image message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: retrovisor.Image.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Image message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {retrovisor.Image & retrovisor.Image.$Shape} Image
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): retrovisor.Image & retrovisor.Image.$Shape;
    }

    namespace Image {

        /** Properties of an Image. */
        interface $Properties {

            /** Image role */
            role?: (string|null);

            /** Image name */
            name?: (string|null);

            /** Image size */
            size?: (number|Long|null);

            /** Image sha256 */
            sha256?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Image. */
        type $Shape = retrovisor.Image.$Properties;
    }

    /**
     * Properties of an ImagePiece.
     * @deprecated Use retrovisor.ImagePiece.$Properties instead.
     */
    interface IImagePiece extends retrovisor.ImagePiece.$Properties {
    }

    /** Represents an ImagePiece. */
    class ImagePiece {

        /**
         * Constructs a new ImagePiece.
         * @param [properties] Properties to set
         */
        constructor(properties?: retrovisor.ImagePiece.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** ImagePiece sha256. */
        sha256: Uint8Array;

        /** ImagePiece offset. */
        offset: (number|Long);

        /** ImagePiece data. */
        data: Uint8Array;

        /**
         * Encodes the specified ImagePiece message. Does not implicitly {@link retrovisor.ImagePiece.verify|verify} messages.
         * @param message ImagePiece message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: retrovisor.ImagePiece.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an ImagePiece message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {retrovisor.ImagePiece & retrovisor.ImagePiece.$Shape} ImagePiece
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): retrovisor.ImagePiece & retrovisor.ImagePiece.$Shape;
    }

    namespace ImagePiece {

        /** Properties of an ImagePiece. */
        interface $Properties {

            /** ImagePiece sha256 */
            sha256?: (Uint8Array|null);

            /** ImagePiece offset */
            offset?: (number|Long|null);

            /** ImagePiece data */
            data?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an ImagePiece. */
        type $Shape = retrovisor.ImagePiece.$Properties;
    }

    /**
     * Properties of a Boot.
     * @deprecated Use retrovisor.Boot.$Properties instead.
     */
    interface IBoot extends retrovisor.Boot.$Properties {
    }

    /** Represents a Boot. */
    class Boot {

        /**
         * Constructs a new Boot.
         * @param [properties] Properties to set
         */
        constructor(properties?: retrovisor.Boot.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Boot registers. */
        registers?: (retrovisor.Registers.$Properties|null);

        /** Boot writes. */
        writes: retrovisor.RamWrite.$Properties[];

        /**
         * Encodes the specified Boot message. Does not implicitly {@link retrovisor.Boot.verify|verify} messages.
         * @param message Boot message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: retrovisor.Boot.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Boot message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {retrovisor.Boot & retrovisor.Boot.$Shape} Boot
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): retrovisor.Boot & retrovisor.Boot.$Shape;
    }

    namespace Boot {

        /** Properties of a Boot. */
        interface $Properties {

            /** Boot registers */
            registers?: (retrovisor.Registers.$Properties|null);

            /** Boot writes */
            writes?: (retrovisor.RamWrite.$Properties[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Boot. */
        type $Shape = retrovisor.Boot.$Properties;
    }

    /**
     * Properties of a RamWrite.
     * @deprecated Use retrovisor.RamWrite.$Properties instead.
     */
    interface IRamWrite extends retrovisor.RamWrite.$Properties {
    }

    /** Represents a RamWrite. */
    class RamWrite {

        /**
         * Constructs a new RamWrite.
         * @param [properties] Properties to set
         */
        constructor(properties?: retrovisor.RamWrite.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** RamWrite gpa. */
        gpa: (number|Long);

        /** RamWrite literal. */
        literal: Uint8Array;

        /** RamWrite image. */
        image?: (retrovisor.ImageRange.$Properties|null);

        /**
         * Encodes the specified RamWrite message. Does not implicitly {@link retrovisor.RamWrite.verify|verify} messages.
         * @param message RamWrite message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: retrovisor.RamWrite.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a RamWrite message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {retrovisor.RamWrite & retrovisor.RamWrite.$Shape} RamWrite
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): retrovisor.RamWrite & retrovisor.RamWrite.$Shape;
    }

    namespace RamWrite {

        /** Properties of a RamWrite. */
        interface $Properties {

            /** RamWrite gpa */
            gpa?: (number|Long|null);

            /** RamWrite literal */
            literal?: (Uint8Array|null);

            /** RamWrite image */
            image?: (retrovisor.ImageRange.$Properties|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a RamWrite. */
        type $Shape = retrovisor.RamWrite.$Properties;
    }

    /**
     * Properties of an ImageRange.
     * @deprecated Use retrovisor.ImageRange.$Properties instead.
     */
    interface IImageRange extends retrovisor.ImageRange.$Properties {
    }

    /** Represents an ImageRange. */
    class ImageRange {

        /**
         * Constructs a new ImageRange.
         * @param [properties] Properties to set
         */
        constructor(properties?: retrovisor.ImageRange.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** ImageRange sha256. */
        sha256: Uint8Array;

        /** ImageRange offset. */
        offset: (number|Long);

        /** ImageRange length. */
        length: (number|Long);

        /**
         * Encodes the specified ImageRange message. Does not implicitly {@link retrovisor.ImageRange.verify|verify} messages.
         * @param message ImageRange message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: retrovisor.ImageRange.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an ImageRange message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {retrovisor.ImageRange & retrovisor.ImageRange.$Shape} ImageRange
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): retrovisor.ImageRange & retrovisor.ImageRange.$Shape;
    }

    namespace ImageRange {

        /** Properties of an ImageRange. */
        interface $Properties {

            /** ImageRange sha256 */
            sha256?: (Uint8Array|null);

            /** ImageRange offset */
            offset?: (number|Long|null);

            /** ImageRange length */
            length?: (number|Long|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an ImageRange. */
        type $Shape = retrovisor.ImageRange.$Properties;
    }

    /**
     * Properties of a Registers.
     * @deprecated Use retrovisor.Registers.$Properties instead.
     */
    interface IRegisters extends retrovisor.Registers.$Properties {
    }

    /** Represents a Registers. */
    class Registers {

        /**
         * Constructs a new Registers.
         * @param [properties] Properties to set
         */
        constructor(properties?: retrovisor.Registers.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Registers gpr. */
        gpr: (number|Long)[];

        /** Registers rip. */
        rip: (number|Long);

        /** Registers rflags. */
        rflags: (number|Long);

        /** Registers segments. */
        segments: retrovisor.Segment.$Properties[];

        /** Registers ldtr. */
        ldtr?: (retrovisor.Segment.$Properties|null);

        /** Registers tr. */
        tr?: (retrovisor.Segment.$Properties|null);

        /** Registers gdtr. */
        gdtr?: (retrovisor.TableRegister.$Properties|null);

        /** Registers idtr. */
        idtr?: (retrovisor.TableRegister.$Properties|null);

        /** Registers cr0. */
        cr0: (number|Long);

        /** Registers cr2. */
        cr2: (number|Long);

        /** Registers cr3. */
        cr3: (number|Long);

        /** Registers cr4. */
        cr4: (number|Long);

        /** Registers dr. */
        dr: (number|Long)[];

        /** Registers efer. */
        efer: (number|Long);

        /** Registers fsBase. */
        fsBase: (number|Long);

        /** Registers gsBase. */
        gsBase: (number|Long);

        /** Registers kernelGsBase. */
        kernelGsBase: (number|Long);

        /** Registers xmm. */
        xmm: (number|Long)[];

        /** Registers mxcsr. */
        mxcsr: number;

        /** Registers x87Significand. */
        x87Significand: (number|Long)[];

        /** Registers x87SignExponent. */
        x87SignExponent: number[];

        /** Registers fcw. */
        fcw: number;

        /** Registers fsw. */
        fsw: number;

        /** Registers ftw. */
        ftw: number;

        /** Registers fip. */
        fip: (number|Long);

        /** Registers fdp. */
        fdp: (number|Long);

        /** Registers fop. */
        fop: number;

        /**
         * Encodes the specified Registers message. Does not implicitly {@link retrovisor.Registers.verify|verify} messages.
         * @param message Registers message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: retrovisor.Registers.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Registers message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {retrovisor.Registers & retrovisor.Registers.$Shape} Registers
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): retrovisor.Registers & retrovisor.Registers.$Shape;
    }

    namespace Registers {

        /** Properties of a Registers. */
        interface $Properties {

            /** Registers gpr */
            gpr?: ((number|Long)[]|null);

            /** Registers rip */
            rip?: (number|Long|null);

            /** Registers rflags */
            rflags?: (number|Long|null);

            /** Registers segments */
            segments?: (retrovisor.Segment.$Properties[]|null);

            /** Registers ldtr */
            ldtr?: (retrovisor.Segment.$Properties|null);

            /** Registers tr */
            tr?: (retrovisor.Segment.$Properties|null);

            /** Registers gdtr */
            gdtr?: (retrovisor.TableRegister.$Properties|null);

            /** Registers idtr */
            idtr?: (retrovisor.TableRegister.$Properties|null);

            /** Registers cr0 */
            cr0?: (number|Long|null);

            /** Registers cr2 */
            cr2?: (number|Long|null);

            /** Registers cr3 */
            cr3?: (number|Long|null);

            /** Registers cr4 */
            cr4?: (number|Long|null);

            /** Registers dr */
            dr?: ((number|Long)[]|null);

            /** Registers efer */
            efer?: (number|Long|null);

            /** Registers fsBase */
            fsBase?: (number|Long|null);

            /** Registers gsBase */
            gsBase?: (number|Long|null);

            /** Registers kernelGsBase */
            kernelGsBase?: (number|Long|null);

            /** Registers xmm */
            xmm?: ((number|Long)[]|null);

            /** Registers mxcsr */
            mxcsr?: (number|null);

            /** Registers x87Significand */
            x87Significand?: ((number|Long)[]|null);

            /** Registers x87SignExponent */
            x87SignExponent?: (number[]|null);

            /** Registers fcw */
            fcw?: (number|null);

            /** Registers fsw */
            fsw?: (number|null);

            /** Registers ftw */
            ftw?: (number|null);

            /** Registers fip */
            fip?: (number|Long|null);

            /** Registers fdp */
            fdp?: (number|Long|null);

            /** Registers fop */
            fop?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Registers. */
        type $Shape = retrovisor.Registers.$Properties;
    }

    /**
     * Properties of a Segment.
     * @deprecated Use retrovisor.Segment.$Properties instead.
     */
    interface ISegment extends retrovisor.Segment.$Properties {
    }

    /** Represents a Segment. */
    class Segment {

        /**
         * Constructs a new Segment.
         * @param [properties] Properties to set
         */
        constructor(properties?: retrovisor.Segment.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Segment selector. */
        selector: number;

        /** Segment base. */
        base: (number|Long);

        /** Segment limit. */
        limit: number;

        /** Segment rights. */
        rights: number;

        /**
         * Encodes the specified Segment message. Does not implicitly {@link retrovisor.Segment.verify|verify} messages.
         * @param message Segment message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: retrovisor.Segment.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Segment message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {retrovisor.Segment & retrovisor.Segment.$Shape} Segment
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): retrovisor.Segment & retrovisor.Segment.$Shape;
    }

    namespace Segment {

        /** Properties of a Segment. */
        interface $Properties {

            /** Segment selector */
            selector?: (number|null);

            /** Segment base */
            base?: (number|Long|null);

            /** Segment limit */
            limit?: (number|null);

            /** Segment rights */
            rights?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Segment. */
        type $Shape = retrovisor.Segment.$Properties;
    }

    /**
     * Properties of a TableRegister.
     * @deprecated Use retrovisor.TableRegister.$Properties instead.
     */
    interface ITableRegister extends retrovisor.TableRegister.$Properties {
    }

    /** Represents a TableRegister. */
    class TableRegister {

        /**
         * Constructs a new TableRegister.
         * @param [properties] Properties to set
         */
        constructor(properties?: retrovisor.TableRegister.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** TableRegister base. */
        base: (number|Long);

        /** TableRegister limit. */
        limit: number;

        /**
         * Encodes the specified TableRegister message. Does not implicitly {@link retrovisor.TableRegister.verify|verify} messages.
         * @param message TableRegister message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: retrovisor.TableRegister.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a TableRegister message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {retrovisor.TableRegister & retrovisor.TableRegister.$Shape} TableRegister
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): retrovisor.TableRegister & retrovisor.TableRegister.$Shape;
    }

    namespace TableRegister {

        /** Properties of a TableRegister. */
        interface $Properties {

            /** TableRegister base */
            base?: (number|Long|null);

            /** TableRegister limit */
            limit?: (number|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a TableRegister. */
        type $Shape = retrovisor.TableRegister.$Properties;
    }

    /** Kind enum. */
    enum Kind {

        /** KIND_NONE value */
        KIND_NONE = 0,

        /** PIO_IN value */
        PIO_IN = 1,

        /** PIO_OUT value */
        PIO_OUT = 2,

        /** MMIO_READ value */
        MMIO_READ = 3,

        /** MMIO_WRITE value */
        MMIO_WRITE = 4,

        /** HLT value */
        HLT = 5,

        /** CPUID value */
        CPUID = 6,

        /** RDMSR value */
        RDMSR = 7,

        /** WRMSR value */
        WRMSR = 8,

        /** CR8_READ value */
        CR8_READ = 9,

        /** CR8_WRITE value */
        CR8_WRITE = 10,

        /** RDRAND value */
        RDRAND = 11,

        /** RDSEED value */
        RDSEED = 12,

        /** SHUTDOWN value */
        SHUTDOWN = 13,

        /** INTERRUPT value */
        INTERRUPT = 16,

        /** NMI value */
        NMI = 17,

        /** DMA value */
        DMA = 18,

        /** INPUT value */
        INPUT = 24,

        /** HASH value */
        HASH = 25
    }

    /** Reply enum. */
    enum Reply {

        /** NONE value */
        NONE = 0,

        /** VALUE value */
        VALUE = 1,

        /** WIDE value */
        WIDE = 2,

        /** CPUID_REGS value */
        CPUID_REGS = 3,

        /** SKIP value */
        SKIP = 4,

        /** DEFAULT value */
        DEFAULT = 5,

        /** FAULT value */
        FAULT = 6
    }

    /**
     * Properties of a Frames.
     * @deprecated Use retrovisor.Frames.$Properties instead.
     */
    interface IFrames extends retrovisor.Frames.$Properties {
    }

    /** Represents a Frames. */
    class Frames {

        /**
         * Constructs a new Frames.
         * @param [properties] Properties to set
         */
        constructor(properties?: retrovisor.Frames.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Frames firstIcount. */
        firstIcount: (number|Long);

        /** Frames count. */
        count: number;

        /** Frames shapes. */
        shapes: retrovisor.Shape.$Properties[];

        /** Frames shape. */
        shape: number[];

        /** Frames icountDelta. */
        icountDelta: (number|Long)[];

        /**
         * Encodes the specified Frames message. Does not implicitly {@link retrovisor.Frames.verify|verify} messages.
         * @param message Frames message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: retrovisor.Frames.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Frames message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {retrovisor.Frames & retrovisor.Frames.$Shape} Frames
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): retrovisor.Frames & retrovisor.Frames.$Shape;
    }

    namespace Frames {

        /** Properties of a Frames. */
        interface $Properties {

            /** Frames firstIcount */
            firstIcount?: (number|Long|null);

            /** Frames count */
            count?: (number|null);

            /** Frames shapes */
            shapes?: (retrovisor.Shape.$Properties[]|null);

            /** Frames shape */
            shape?: (number[]|null);

            /** Frames icountDelta */
            icountDelta?: ((number|Long)[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Frames. */
        type $Shape = retrovisor.Frames.$Properties;
    }

    /**
     * Properties of a Shape.
     * @deprecated Use retrovisor.Shape.$Properties instead.
     */
    interface IShape extends retrovisor.Shape.$Properties {
    }

    /** Represents a Shape. */
    class Shape {

        /**
         * Constructs a new Shape.
         * @param [properties] Properties to set
         */
        constructor(properties?: retrovisor.Shape.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Shape kind. */
        kind: retrovisor.Kind;

        /** Shape reply. */
        reply: retrovisor.Reply;

        /** Shape size. */
        size: number;

        /** Shape address. */
        address: (number|Long);

        /** Shape subleaf. */
        subleaf: number;

        /** Shape name. */
        name: string;

        /** Shape values. */
        values: (number|Long)[];

        /** Shape deltas. */
        deltas: (number|Long)[];

        /** Shape data. */
        data: Uint8Array;

        /**
         * Encodes the specified Shape message. Does not implicitly {@link retrovisor.Shape.verify|verify} messages.
         * @param message Shape message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: retrovisor.Shape.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Shape message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {retrovisor.Shape & retrovisor.Shape.$Shape} Shape
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): retrovisor.Shape & retrovisor.Shape.$Shape;
    }

    namespace Shape {

        /** Properties of a Shape. */
        interface $Properties {

            /** Shape kind */
            kind?: (retrovisor.Kind|null);

            /** Shape reply */
            reply?: (retrovisor.Reply|null);

            /** Shape size */
            size?: (number|null);

            /** Shape address */
            address?: (number|Long|null);

            /** Shape subleaf */
            subleaf?: (number|null);

            /** Shape name */
            name?: (string|null);

            /** Shape values */
            values?: ((number|Long)[]|null);

            /** Shape deltas */
            deltas?: ((number|Long)[]|null);

            /** Shape data */
            data?: (Uint8Array|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Shape. */
        type $Shape = retrovisor.Shape.$Properties;
    }

    /**
     * Properties of an End.
     * @deprecated Use retrovisor.End.$Properties instead.
     */
    interface IEnd extends retrovisor.End.$Properties {
    }

    /** Represents an End. */
    class End {

        /**
         * Constructs a new End.
         * @param [properties] Properties to set
         */
        constructor(properties?: retrovisor.End.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** End reason. */
        reason: string;

        /** End icount. */
        icount: (number|Long);

        /** End stateHash. */
        stateHash: string;

        /**
         * Encodes the specified End message. Does not implicitly {@link retrovisor.End.verify|verify} messages.
         * @param message End message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: retrovisor.End.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an End message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {retrovisor.End & retrovisor.End.$Shape} End
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): retrovisor.End & retrovisor.End.$Shape;
    }

    namespace End {

        /** Properties of an End. */
        interface $Properties {

            /** End reason */
            reason?: (string|null);

            /** End icount */
            icount?: (number|Long|null);

            /** End stateHash */
            stateHash?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an End. */
        type $Shape = retrovisor.End.$Properties;
    }

    /**
     * Properties of an Index.
     * @deprecated Use retrovisor.Index.$Properties instead.
     */
    interface IIndex extends retrovisor.Index.$Properties {
    }

    /** Represents an Index. */
    class Index {

        /**
         * Constructs a new Index.
         * @param [properties] Properties to set
         */
        constructor(properties?: retrovisor.Index.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Index frames. */
        frames: retrovisor.IndexEntry.$Properties[];

        /** Index pieceOffset. */
        pieceOffset: (number|Long)[];

        /** Index bootOffset. */
        bootOffset: (number|Long);

        /** Index endOffset. */
        endOffset: (number|Long);

        /**
         * Encodes the specified Index message. Does not implicitly {@link retrovisor.Index.verify|verify} messages.
         * @param message Index message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: retrovisor.Index.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Index message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {retrovisor.Index & retrovisor.Index.$Shape} Index
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): retrovisor.Index & retrovisor.Index.$Shape;
    }

    namespace Index {

        /** Properties of an Index. */
        interface $Properties {

            /** Index frames */
            frames?: (retrovisor.IndexEntry.$Properties[]|null);

            /** Index pieceOffset */
            pieceOffset?: ((number|Long)[]|null);

            /** Index bootOffset */
            bootOffset?: (number|Long|null);

            /** Index endOffset */
            endOffset?: (number|Long|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Index. */
        type $Shape = retrovisor.Index.$Properties;
    }

    /**
     * Properties of an IndexEntry.
     * @deprecated Use retrovisor.IndexEntry.$Properties instead.
     */
    interface IIndexEntry extends retrovisor.IndexEntry.$Properties {
    }

    /** Represents an IndexEntry. */
    class IndexEntry {

        /**
         * Constructs a new IndexEntry.
         * @param [properties] Properties to set
         */
        constructor(properties?: retrovisor.IndexEntry.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** IndexEntry offset. */
        offset: (number|Long);

        /** IndexEntry firstIcount. */
        firstIcount: (number|Long);

        /** IndexEntry lastIcount. */
        lastIcount: (number|Long);

        /** IndexEntry frames. */
        frames: number;

        /** IndexEntry exits. */
        exits: number;

        /** IndexEntry interrupts. */
        interrupts: number;

        /** IndexEntry dmaBytes. */
        dmaBytes: (number|Long);

        /**
         * Encodes the specified IndexEntry message. Does not implicitly {@link retrovisor.IndexEntry.verify|verify} messages.
         * @param message IndexEntry message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: retrovisor.IndexEntry.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an IndexEntry message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {retrovisor.IndexEntry & retrovisor.IndexEntry.$Shape} IndexEntry
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): retrovisor.IndexEntry & retrovisor.IndexEntry.$Shape;
    }

    namespace IndexEntry {

        /** Properties of an IndexEntry. */
        interface $Properties {

            /** IndexEntry offset */
            offset?: (number|Long|null);

            /** IndexEntry firstIcount */
            firstIcount?: (number|Long|null);

            /** IndexEntry lastIcount */
            lastIcount?: (number|Long|null);

            /** IndexEntry frames */
            frames?: (number|null);

            /** IndexEntry exits */
            exits?: (number|null);

            /** IndexEntry interrupts */
            interrupts?: (number|null);

            /** IndexEntry dmaBytes */
            dmaBytes?: (number|Long|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an IndexEntry. */
        type $Shape = retrovisor.IndexEntry.$Properties;
    }
}
