using Grid.Storage.Files;

namespace Grid.Simulation.Kit;

public sealed class SimDiskTests
{
    private readonly SimDisk _disk = new(new SimRandom(1));

    [Fact]
    public void A_kill_keeps_what_was_written()
    {
        using var file = Write(flushed: false);

        _disk.Kill();

        Assert.Equal(100, Length());
        Assert.Throws<IOException>(() => file.Flush());
    }

    [Fact]
    public void A_power_loss_keeps_what_was_flushed_and_any_part_of_the_rest()
    {
        var lengths = new HashSet<long>();
        for (ulong seed = 1; seed <= 40; seed++)
        {
            var disk = new SimDisk(new SimRandom(seed));
            using var file = disk.Files.Create("/d/f");
            disk.Files.SyncDirectory("/d");
            file.Write([new byte[50]], 0);
            file.Flush();
            file.Write([new byte[50]], 50);
            disk.PowerOff();
            using var left = disk.Files.Open("/d/f");
            lengths.Add(left.Length);
        }

        Assert.Contains(50, lengths);
        Assert.Contains(100, lengths);
        Assert.All(lengths, length => Assert.InRange(length, 50, 100));
    }

    [Fact]
    public void A_lost_disk_is_empty()
    {
        using var file = Write(flushed: true);

        _disk.Lose();

        Assert.False(_disk.Files.Exists("/d/f"));
    }

    [Fact]
    public void A_machine_that_stops_within_a_few_operations_tears_one_of_them()
    {
        using var file = Write(flushed: true);
        _disk.StopWithin(1);

        Assert.Throws<IOException>(() => file.Write([new byte[50]], 100));
        Assert.True(_disk.Stopped);
        _disk.PowerOff();
        Assert.False(_disk.Stopped);
        Assert.InRange(Length(), 100, 150);
    }

    private IFile Write(bool flushed)
    {
        var file = _disk.Files.Create("/d/f");
        _disk.Files.SyncDirectory("/d");
        file.Write([new byte[100]], 0);
        if (flushed)
            file.Flush();
        return file;
    }

    private long Length()
    {
        using var file = _disk.Files.Open("/d/f");
        return file.Length;
    }
}
