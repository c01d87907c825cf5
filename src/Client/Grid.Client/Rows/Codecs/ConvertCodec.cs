using System.Runtime.InteropServices;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client.Columns;

namespace Grid.Client.Rows.Codecs;

/// <summary>How a .NET value becomes what the array holds, and back. Implementations are structs, so that the loops are compiled for each.</summary>
internal interface IValueConversion<T, TStored>
    where TStored : unmanaged
{
    static abstract TStored ToStored(T value);

    static abstract T FromStored(TStored stored);
}

/// <summary>Values that are computed from and to fixed-width ones.</summary>
internal sealed class ConvertCodec<T, TStored, TConversion>(string column) : ColumnCodec<T>
    where TStored : unmanaged
    where TConversion : struct, IValueConversion<T, TStored>
{
    public override void Write(ColumnBuffer buffer, T[] values, int count, bool[]? present)
    {
        var stored = MemoryMarshal.Cast<byte, TStored>(((FixedBuffer)buffer).Extend(count));
        for (var i = 0; i < count; i++)
            stored[i] = present is null || present[i] ? TConversion.ToStored(values[i]) : default;
        buffer.AppendPresence(present, count);
    }

    public override void Read(ArrayData data, int start, T[] values, int count, bool[]? present)
    {
        Presence.Require(data, start, count, present, column);
        var stored = MemoryMarshal.Cast<byte, TStored>(data.Buffers[1].Span).Slice(data.Offset + start, count);
        for (var i = 0; i < count; i++)
            if (present is null || present[i])
                values[i] = TConversion.FromStored(stored[i]);
    }
}

/// <summary>Days since 1970.</summary>
internal readonly struct DateConversion : IValueConversion<DateOnly, int>
{
    private static readonly int EpochDay = new DateOnly(1970, 1, 1).DayNumber;

    public static int ToStored(DateOnly value) => value.DayNumber - EpochDay;

    public static DateOnly FromStored(int stored)
    {
        var day = (long)stored + EpochDay;
        return day >= 0 && day <= DateOnly.MaxValue.DayNumber ? DateOnly.FromDayNumber((int)day) : throw TimeConversion.OutOfRange("date", stored);
    }
}

/// <summary>Microseconds since midnight; finer parts are cut off.</summary>
internal readonly struct TimeConversion : IValueConversion<TimeOnly, long>
{
    public static long ToStored(TimeOnly value) => value.Ticks / TimeSpan.TicksPerMicrosecond;

    public static TimeOnly FromStored(long stored) =>
        stored is >= 0 and < TimeSpan.TicksPerDay / TimeSpan.TicksPerMicrosecond ? new TimeOnly(stored * TimeSpan.TicksPerMicrosecond) : throw OutOfRange("time", stored);

    public static GridException OutOfRange(string type, long stored) =>
        new(GridErrorCode.InvalidArgument, $"The stored {type} {stored} has no .NET value; read the column as an Arrow array.");
}

/// <summary>Microseconds since 1970 without time zone; finer parts are cut off.</summary>
internal readonly struct TimestampConversion : IValueConversion<DateTime, long>
{
    public static long ToStored(DateTime value) => Microseconds(value.Ticks);

    public static DateTime FromStored(long stored) => new(Ticks(stored), DateTimeKind.Unspecified);

    public static long Microseconds(long ticks) => (ticks / TimeSpan.TicksPerMicrosecond) - (DateTime.UnixEpoch.Ticks / TimeSpan.TicksPerMicrosecond);

    public static long Ticks(long microseconds)
    {
        const long Lowest = -62_135_596_800_000_000; // 0001-01-01
        const long Highest = 253_402_300_799_999_999; // 9999-12-31T23:59:59.999999
        return microseconds is >= Lowest and <= Highest
            ? (microseconds * TimeSpan.TicksPerMicrosecond) + DateTime.UnixEpoch.Ticks
            : throw TimeConversion.OutOfRange("timestamp", microseconds);
    }
}

/// <summary>Microseconds since 1970 UTC, as DateTimeOffset.</summary>
internal readonly struct UtcConversion : IValueConversion<DateTimeOffset, long>
{
    public static long ToStored(DateTimeOffset value) => TimestampConversion.Microseconds(value.UtcTicks);

    public static DateTimeOffset FromStored(long stored) => new(TimestampConversion.Ticks(stored), TimeSpan.Zero);
}

/// <summary>Microseconds since 1970 UTC, as DateTime: local times are converted, unspecified ones taken as UTC.</summary>
internal readonly struct UtcDateTimeConversion : IValueConversion<DateTime, long>
{
    public static long ToStored(DateTime value) => TimestampConversion.Microseconds(value.Kind == DateTimeKind.Local ? value.ToUniversalTime().Ticks : value.Ticks);

    public static DateTime FromStored(long stored) => new(TimestampConversion.Ticks(stored), DateTimeKind.Utc);
}

/// <summary>16 bytes in network order.</summary>
internal readonly struct UuidConversion : IValueConversion<Guid, UInt128>
{
    public static UInt128 ToStored(Guid value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes, bigEndian: true, out _);
        return MemoryMarshal.Read<UInt128>(bytes);
    }

    public static Guid FromStored(UInt128 stored) => new(MemoryMarshal.AsBytes(new ReadOnlySpan<UInt128>(in stored)), bigEndian: true);
}
