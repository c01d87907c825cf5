using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Grid.Storage.Nodes;

/// <summary>A random number that tells one data directory from every other: made with it, gone with it.</summary>
/// <param name="Value">128 bits.</param>
public readonly record struct NodeId(UInt128 Value)
{
    private const int TextLength = 32;

    /// <summary>A new one.</summary>
    public static NodeId Create()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        return new NodeId(System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(bytes));
    }

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out NodeId id)
    {
        id = default;
        if (text is not { Length: TextLength } || !UInt128.TryParse(text, System.Globalization.NumberStyles.AllowHexSpecifier, null, out var value))
            return false;
        id = new NodeId(value);
        return true;
    }

    /// <summary>32 hexadecimal digits.</summary>
    public override string ToString() => Value.ToString("x32", null);
}
