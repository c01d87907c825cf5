using System.Buffers.Binary;
using System.Numerics;

namespace Grid.Abstractions;

/// <summary>murmur3_x86_32 with seed 0, the hash of Iceberg's bucket transform (Iceberg's table spec, Appendix B).</summary>
internal static class Murmur3
{
    private const uint C1 = 0xcc9e2d51;
    private const uint C2 = 0x1b873593;

    /// <summary>Hashes bytes.</summary>
    public static int Hash(ReadOnlySpan<byte> bytes)
    {
        var length = bytes.Length;
        var hash = 0u;
        for (; bytes.Length >= sizeof(uint); bytes = bytes[sizeof(uint)..])
            hash = Mix(hash, BinaryPrimitives.ReadUInt32LittleEndian(bytes));
        var tail = 0u;
        for (var i = bytes.Length - 1; i >= 0; i--)
            tail = (tail << 8) | bytes[i];
        return Finish(hash ^ Scramble(tail), length); // an empty tail is 0, which scrambles to 0
    }

    /// <summary>Hashes the 8 bytes of a number, little endian.</summary>
    public static int Hash(long number) => Finish(Mix(Mix(0, (uint)number), (uint)(number >> 32)), sizeof(long));

    private static uint Mix(uint hash, uint block) => (BitOperations.RotateLeft(hash ^ Scramble(block), 13) * 5) + 0xe6546b64;

    private static uint Scramble(uint block) => BitOperations.RotateLeft(block * C1, 15) * C2;

    private static int Finish(uint hash, int length)
    {
        hash ^= (uint)length;
        hash = (hash ^ (hash >> 16)) * 0x85ebca6b;
        hash = (hash ^ (hash >> 13)) * 0xc2b2ae35;
        return (int)(hash ^ (hash >> 16));
    }
}
