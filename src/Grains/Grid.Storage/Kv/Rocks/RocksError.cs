using System.Runtime.InteropServices;
using Grid.Abstractions;
using RocksDbSharp;

namespace Grid.Storage.Kv;

/// <summary>Turns RocksDB's error strings (C API: a malloc'ed text, null for success) into exceptions and frees them.</summary>
internal static class RocksError
{
    public static void Check(nint error, string doing)
    {
        if (error != 0)
            throw Take(error, doing);
    }

    /// <summary>True: success. False: the read may use no file, and would need one.</summary>
    public static unsafe bool IsSuccess(nint error, string doing)
    {
        if (error == 0)
            return true;
        if (!IsIncomplete(MemoryMarshal.CreateReadOnlySpanFromNullTerminated((byte*)error)))
            throw Take(error, doing);
        Native.Instance.rocksdb_free(error);
        return false;
    }

    /// <summary>Whether a text says that a read may use no file, and would need one.</summary>
    public static bool IsIncomplete(ReadOnlySpan<byte> text) => text.StartsWith("Result incomplete"u8);

    /// <summary>Whether the files themselves are bad, as against a disk that is full or a folder that somebody else holds.</summary>
    public static bool IsDamage(Exception exception) =>
        exception.InnerException is IOException inner
        && (inner.Message.StartsWith("Corruption", StringComparison.Ordinal)
            || inner.Message.StartsWith("Invalid argument", StringComparison.Ordinal)
            || inner.Message.Contains("No such file", StringComparison.Ordinal));

    public static GridException Make(string text, string doing) =>
        new(GridErrorCode.StorageFailed, $"The shard failed while {doing}: {text}. Check the disk; if the shard's files are damaged, reopen the bucket and it is rebuilt from the log.", new IOException(text));

    private static GridException Take(nint error, string doing)
    {
        var text = Marshal.PtrToStringUTF8(error) ?? "no message";
        Native.Instance.rocksdb_free(error);
        return Make(text, doing);
    }
}
