using System.Buffers.Binary;
using Grid.Abstractions;

namespace Grid.Storage.Tests.DataPort;

/// <summary>What a reader makes of bytes that no honest server sends.</summary>
public sealed class DataPortReaderTests
{
    [Fact]
    public async Task A_length_above_the_limit_is_refused_before_memory_is_taken()
    {
        var packet = new byte[DataPortFormat.PacketHeaderBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(packet, DataPortFormat.PayloadBytesMax + 1);
        packet[4] = (byte)DataPacketKind.Data;
        await TestPort.RefusedAsync(GridErrorCode.TooLarge, () => ReadAsync(packet));
        BinaryPrimitives.WriteUInt32LittleEndian(packet, uint.MaxValue);
        await TestPort.RefusedAsync(GridErrorCode.TooLarge, () => ReadAsync(packet));
        packet[4] = (byte)DataPacketKind.Error;
        BinaryPrimitives.WriteUInt32LittleEndian(packet, DataPortFormat.ErrorBytesMax + 1);
        await TestPort.RefusedAsync(GridErrorCode.TooLarge, () => ReadAsync(packet));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(255)]
    public async Task A_kind_that_is_none_is_refused(byte kind) =>
        await TestPort.RefusedAsync(GridErrorCode.Corrupt, () => ReadAsync([0, 0, 0, 0, kind]));

    [Fact]
    public async Task Every_bit_that_flips_is_noticed()
    {
        byte[] hello = "hello"u8.ToArray(), world = "world"u8.ToArray();
        byte[] good = [.. Packet(DataPacketKind.Data, hello), .. Packet(DataPacketKind.Data, []), .. Packet(DataPacketKind.Data, world), .. End(hello, [], world)];
        Assert.Equal("helloworld"u8.ToArray(), await ReadAsync(good));
        for (var bit = 0; bit < good.Length * 8; bit++)
        {
            var bad = good.ToArray();
            bad[bit / 8] ^= (byte)(1 << (bit % 8));
            var failure = await Assert.ThrowsAnyAsync<Exception>(() => ReadAsync(bad));
            Assert.True(failure is GridException or EndOfStreamException, $"bit {bit}: {failure}");
        }
    }

    [Fact]
    public async Task Every_cut_is_noticed()
    {
        byte[] good = [.. Packet(DataPacketKind.Data, "hello"u8.ToArray()), .. End("hello"u8.ToArray())];
        for (var length = 0; length < good.Length; length++)
            await Assert.ThrowsAsync<EndOfStreamException>(() => ReadAsync(good[..length]));
    }

    [Fact]
    public async Task Packets_that_are_missing_repeated_or_swapped_are_noticed_at_the_end()
    {
        byte[] a = "aaaa"u8.ToArray(), b = "bbbb"u8.ToArray();
        var end = End(a, b);
        await TestPort.RefusedAsync(GridErrorCode.Corrupt, () => ReadAsync([.. Packet(DataPacketKind.Data, a), .. end]));
        await TestPort.RefusedAsync(GridErrorCode.Corrupt, () => ReadAsync([.. Packet(DataPacketKind.Data, a), .. Packet(DataPacketKind.Data, a), .. end]));
        await TestPort.RefusedAsync(GridErrorCode.Corrupt, () => ReadAsync([.. Packet(DataPacketKind.Data, b), .. Packet(DataPacketKind.Data, a), .. end]));
        Assert.Equal(a.Concat(b), await ReadAsync([.. Packet(DataPacketKind.Data, a), .. Packet(DataPacketKind.Data, b), .. end]));
    }

    internal static byte[] Packet(DataPacketKind kind, byte[] payload)
    {
        var packet = new byte[DataPortFormat.PacketHeaderBytes + payload.Length + DataPortFormat.PacketHashBytes];
        DataPortFormat.WritePacketHeader(packet, kind, payload.Length);
        payload.CopyTo(packet.AsSpan(DataPortFormat.PacketHeaderBytes));
        BinaryPrimitives.WriteUInt64LittleEndian(packet.AsSpan(DataPortFormat.PacketHeaderBytes + payload.Length), DataPortFormat.HashOf(kind, payload));
        return packet;
    }

    private static byte[] End(params byte[][] payloads)
    {
        var tally = new DataPortTally();
        foreach (var payload in payloads)
            tally.Add(payload.Length, DataPortFormat.HashOf(DataPacketKind.Data, payload));
        var end = new byte[DataPortFormat.EndBytes];
        tally.WriteEnd(end);
        return Packet(DataPacketKind.End, end);
    }

    private static Task<byte[]> ReadAsync(byte[] bytes) =>
        TestPort.ReadAllAsync(new DataPortReader(new MemoryStream(bytes), TimeSpan.FromSeconds(30), TimeProvider.System));
}
