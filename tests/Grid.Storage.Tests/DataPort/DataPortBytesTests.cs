using Grid.Abstractions;
using Grid.Storage.DataPort;

namespace Grid.Storage.Tests.DataPort;

/// <summary>The bytes of docs/formats.md, "Data port", spelled out.</summary>
public sealed class DataPortBytesTests
{
    [Fact]
    public async Task A_stream_is_these_bytes()
    {
        await using var port = new TestPort();
        var ticket = port.Server.Issue(TestSource.Of("abc"u8.ToArray()));
        var hello = new byte[DataPortFormat.HelloBytes];
        DataPortFormat.WriteHello(hello, ticket.Ticket.AsSpan());
        Assert.Equal("4752443101000000", Convert.ToHexString(hello.AsSpan(0, 8)));
        Assert.Equal(ticket.Ticket, hello[8..]);

        await using var stream = await port.ConnectAsync();
        await stream.WriteAsync(hello);
        var answer = new MemoryStream();
        await stream.CopyToAsync(answer);
        string[] expected =
        [
            "4752443101000000", // accepted
            "0300000001616263" + "2862C743B467446B", // data: length, kind, payload, hash
            "1000000002" + "0300000000000000" + "18098B4E5ABC0EC8" + "7CABF2334C390F76", // end: length, kind, total bytes, hash over the hashes, hash
        ];
        Assert.Equal(string.Concat(expected), Convert.ToHexString(answer.ToArray()));
    }
}
