using System.Text;
using Grid.Abstractions;

namespace Grid.Storage.Lake.Iceberg;

/// <summary>
/// Bounds of a column in a data file from single values (<see cref="SingleValue"/>): what is long is cut, so that manifests stay small, and stays a bound. Text is cut behind 16
/// code points, bytes behind 16; fixed bytes, whose length readers count on, are kept whole up to 64 and have no bounds beyond.
/// </summary>
internal static class Bounds
{
    private const int CodePointsMax = 16;
    private const int BytesMax = 16;
    private const int FixedBytesMax = 64;

    /// <summary>At or below the value; null where there is no such bound (NaN, long fixed bytes).</summary>
    public static byte[]? Lower(DataType type, byte[] value) => type.Kind switch
    {
        TypeKind.String => value[..CutText(value)],
        TypeKind.Binary => value.Length <= BytesMax ? value : value[..BytesMax],
        TypeKind.FixedBinary => value.Length <= FixedBytesMax ? value : null,
        TypeKind.Float32 => BitConverter.ToSingle(value) is var number && float.IsNaN(number) ? null : number == 0 ? SingleValue.OfFloat(-0f) : value,
        TypeKind.Float64 => BitConverter.ToDouble(value) is var number && double.IsNaN(number) ? null : number == 0 ? SingleValue.OfDouble(-0d) : value,
        _ => value,
    };

    /// <summary>At or above the value; null where there is no such bound (NaN, long fixed bytes, a cut value that nothing as short is above).</summary>
    public static byte[]? Upper(DataType type, byte[] value) => type.Kind switch
    {
        TypeKind.String => CutText(value) is var length && length == value.Length ? value : RaiseText(value.AsSpan(0, length)),
        TypeKind.Binary => value.Length <= BytesMax ? value : RaiseBytes(value.AsSpan(0, BytesMax)),
        TypeKind.FixedBinary => value.Length <= FixedBytesMax ? value : null,
        TypeKind.Float32 => BitConverter.ToSingle(value) is var number && float.IsNaN(number) ? null : number == 0 ? SingleValue.OfFloat(0f) : value,
        TypeKind.Float64 => BitConverter.ToDouble(value) is var number && double.IsNaN(number) ? null : number == 0 ? SingleValue.OfDouble(0d) : value,
        _ => value,
    };

    /// <summary>The bytes of the first code points.</summary>
    private static int CutText(ReadOnlySpan<byte> utf8)
    {
        var at = 0;
        for (var points = 0; points < CodePointsMax && at < utf8.Length; points++)
        {
            // What is not UTF-8 is cut at some byte, as a reader that compares bytes would.
            Rune.DecodeFromUtf8(utf8[at..], out _, out var bytes);
            at += bytes;
        }

        return at;
    }

    /// <summary>The shortest text above all that begin so: the last code point that has a successor is raised, those behind it are dropped.</summary>
    private static byte[]? RaiseText(ReadOnlySpan<byte> utf8)
    {
        while (Rune.DecodeLastFromUtf8(utf8, out var last, out var bytes) == System.Buffers.OperationStatus.Done)
        {
            utf8 = utf8[..^bytes];
            if (last.Value == 0x10ffff)
                continue;
            // Between d7ff and e000 are the surrogates, which are no code points of text.
            var next = new Rune(last.Value == 0xd7ff ? 0xe000 : last.Value + 1);
            var raised = new byte[utf8.Length + next.Utf8SequenceLength];
            utf8.CopyTo(raised);
            next.EncodeToUtf8(raised.AsSpan(utf8.Length));
            return raised;
        }

        return null;
    }

    private static byte[]? RaiseBytes(ReadOnlySpan<byte> bytes)
    {
        var last = bytes.LastIndexOfAnyExcept((byte)0xff);
        if (last < 0)
            return null;
        var raised = bytes[..(last + 1)].ToArray();
        raised[last]++;
        return raised;
    }
}
